// Retention: what of earlier runs stays under the data root, and for how long.
//
// Two things are removed: folders runs/<uid> (journal and saved results) whose Diagnosis is gone,
// that are too old or too many, and then, oldest first, folders of artifacts and of runs until what
// is left keeps the quota. Nothing is removed that is younger than `min_age`, that a run or a
// viewer of any process has locked, or that the engine has not made: only runs/<uid> that hold a
// journal, and folders named by a time beneath the artifact folders of known operations.
//
// An engine that serves viewers again after a restart does so before its first Sweep(): by their
// locks it is known what they need. Thread-safe: sweeps come one after the other. Borrows all it is
// given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/limits.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

struct RetentionRules {
  std::chrono::system_clock::duration min_age = kMinRemovableAge;
  std::chrono::system_clock::duration max_run_age = kMaxRunAge;
  size_t max_runs = kMaxRuns;
  uint64_t quota_bytes = kDataRootQuota;
};

// What is known of the object that a run belongs to.
enum class RunObject {
  kUnknown,     // it may be another process'
  kGone,        // it was deleted: its run will never be asked for
  kEnded,       // it is there, and its Diagnosis has ended
  kUnfinished,  // it is there, and its run may have to be resumed
};

class Retention {
 public:
  using Time = std::chrono::system_clock::time_point;
  using ObjectOf = std::function<RunObject(const std::string& uid)>;

  struct Removed {
    size_t runs = 0;
    size_t folders = 0;  // of artifacts or of earlier results of a run
    uint64_t bytes = 0;
  };

  Retention(int data_root, Logger& logger, RetentionRules rules = {})
      : data_root_(data_root), logger_(logger), rules_(rules) {}

  // `artifact_folders`: of the operations there are, relative to the data root; those of earlier
  // calls count too.
  Removed Sweep(const ObjectOf& object_of, const std::vector<std::string>& artifact_folders,
                Time now, const std::stop_token& stop = {});

 private:
  // A folder that may be removed to keep the quota.
  struct Candidate {
    std::string parent;  // relative to the data root
    std::string name;
    uint64_t bytes = 0;
    Time newest;
    bool is_run = false;
  };
  struct Work;

  void SweepRuns(Work& work);
  void ListEarlierResults(Work& work, const std::string& uid, uint64_t& run_bytes);
  void ListArtifacts(Work& work, const std::string& folder);
  void AddCandidate(Work& work, int parent_fd, const std::string& parent, const std::string& name);
  void KeepQuota(Work& work);
  bool RemoveRun(Work& work, int runs, const std::string& uid, uint64_t bytes);
  bool RemoveFolder(Work& work, const Candidate& candidate);
  void Warn(const std::string& what, const Status& status);

  const int data_root_;
  Logger& logger_;
  const RetentionRules rules_;
  std::mutex mutex_;
  std::set<std::string> artifact_folders_;
};

}  // namespace kubediag::diagnosis
