// Retention: what of earlier runs stays under the data root, and for how long.
//
// Two things are removed: folders runs/<uid> (journal and saved results) whose Diagnosis is gone,
// that are too old or too many, and then, oldest first, folders of artifacts and of runs until what
// is left keeps the quota. Nothing is removed that
// - is younger than `min_age`, or was changed since it was looked at;
// - a run or a viewer of any process has locked;
// - may be needed to resume: a journal without an end goes when its object was deleted, or when it
//   is older than `max_unfinished_age`, never for quota or number;
// - was made since the oldest run began that is under way: later operations may read the artifacts
// of
//   earlier ones;
// - has something mounted in it;
// - the engine has not made: only runs/<uid> that hold a journal, and folders named by a time
// beneath
//   the artifact folders of known operations.
// Ages are told by ctime, which operations cannot set.
//
// An engine that has runs to resume puts their objects into the store, and one that serves viewers
// again does so, before its first Sweep(). Thread-safe: sweeps come one after the other. Borrows
// all it is given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
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
  std::chrono::system_clock::duration max_unfinished_age = kMaxUnfinishedRunAge;
  size_t max_runs = kMaxRuns;
  size_t max_pod_folders = kMaxPodFolders;
  uint64_t quota_bytes = kDataRootQuota;
};

// What is known of the object that a run belongs to.
enum class RunObject {
  kUnknown,     // it may be another process'
  kGone,        // it was deleted: its run will never be asked for
  kDropped,     // we have run it and have it no more; another process may
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
    std::optional<uint64_t> left = std::nullopt;  // bytes of what the quota counts, if all was seen
  };

  Retention(int data_root, Logger& logger, RetentionRules rules = {})
      : data_root_(data_root), logger_(logger), rules_(rules) {}

  // `artifact_folders`: of the operations there are, relative to the data root; those of earlier
  // calls count too.
  Removed Sweep(const ObjectOf& object_of, const std::vector<std::string>& artifact_folders,
                Time now, const std::stop_token& stop = {});

 private:
  // A folder that may be removed.
  struct Candidate {
    std::string parent;  // relative to the data root
    std::string name;
    uint64_t bytes = 0;
    Time newest;
    std::string uid;      // of the run it is, or is part of; empty: artifacts
    std::string version;  // of that run's journal when it was looked at
    Status uncounted;     // why it holds more than `bytes`
    bool IsRun() const { return !uid.empty() && uid == name; }
  };
  struct FoundRun;
  struct Work;

  // False: it could not be told which there are.
  bool SweepRuns(Work& work);
  bool ListRuns(Work& work, int runs, std::deque<FoundRun>& found);
  void ListEarlierResults(Work& work, int runs, FoundRun& run);
  void ListArtifacts(Work& work, const std::string& folder);
  void AddArtifacts(Work& work, int parent_fd, const std::string& parent, const std::string& name);
  void KeepQuota(Work& work);
  Result<std::string> Take(int parent, const Candidate& candidate) const;
  bool Remove(Work& work, const Candidate& candidate);
  bool RemoveUncounted(Work& work, const Candidate& candidate);
  void Warn(const std::string& what, const Status& status);
  void WarnUnmeasured(const std::string& what, const Status& status);

  const int data_root_;
  Logger& logger_;
  const RetentionRules rules_;
  std::mutex mutex_;
  std::set<std::string> artifact_folders_;
};

}  // namespace kubediag::diagnosis
