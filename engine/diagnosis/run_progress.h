// RunProgress: what has become of the nodes of one run so far. Told by whoever runs them, it tells
// the observer and the events, and fills the status.
//
// Thread-safe. Borrows plan, events and observer.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/diagnosis/events.h"
#include "engine/diagnosis/observer.h"
#include "engine/diagnosis/plan.h"
#include "engine/diagnosis/results.h"

namespace kubediag::diagnosis {

// How one attempt at a node ended.
struct NodeReport {
  graph::NodeIndex node = 0;
  int64_t attempt = 0;  // 0: nothing was run
  Status status;
  api::Time start_time{};
  api::Time end_time{};
  std::chrono::nanoseconds duration{};
  ResultMap results;
  std::vector<api::Artifact> files;
};

enum class ReportOrigin { kThisProcess, kJournal };  // of the journal: told before

class RunProgress {
 public:
  RunProgress(const Plan& plan, Events& events, Observer& observer)
      : plan_(plan), events_(events), observer_(observer) {}

  // Attempts that earlier processes made.
  void SetAttempts(graph::NodeIndex node, int64_t attempts);
  // Counts a new attempt and returns its number.
  int64_t Start(graph::NodeIndex node, api::Time now);
  void Finish(const NodeReport& report, ReportOrigin origin);
  void Skip(graph::NodeIndex node);
  // FirstPath: where the walk stands.
  void SetWalk(std::vector<graph::NodeIndex> current_path,
               std::vector<std::vector<graph::NodeIndex>> failed_paths, uint64_t failed_path_count);
  void SetFailedPaths(std::vector<std::vector<graph::NodeIndex>> failed_paths);
  void Warn(const std::string& message);

  // False if the results of the run would pass kMaxDiagnosisResultBytes.
  bool ReserveResultBytes(size_t bytes);

  // Whether anything was told since the last call.
  bool TakeChanged();
  // operations, failedPaths, succeededPath (so far), checkpoint, operationResults, artifacts.
  Status Fill(const ResultFolder& folder, api::DiagnosisStatus& status) const;
  // Outcomes with phase Failed, in the order they ended.
  std::vector<api::OperationOutcome> Failures() const;
  // The summary of the last of `nodes` that gave one.
  std::string Summary(const std::vector<graph::NodeIndex>& nodes) const;

 private:
  struct Kept {
    graph::NodeIndex node = 0;
    ResultMap results;
    std::vector<api::Artifact> files;
  };

  const Plan& plan_;
  Events& events_;
  Observer& observer_;
  mutable std::mutex mutex_;  // also: one call of the observer at a time
  std::map<graph::NodeIndex, api::OperationOutcome> outcomes_;
  std::map<uint64_t, graph::NodeIndex> failed_;  // in the order they ended
  std::map<graph::NodeIndex, uint64_t> failed_at_;
  uint64_t ends_ = 0;
  std::map<uint64_t, Kept> kept_;  // in the order of merging
  uint64_t sequence_ = 0;
  std::vector<graph::NodeIndex> current_path_;
  std::vector<std::vector<graph::NodeIndex>> failed_paths_;
  uint64_t failed_path_count_ = 0;
  size_t result_bytes_ = 0;
  bool changed_ = false;
};

}  // namespace kubediag::diagnosis
