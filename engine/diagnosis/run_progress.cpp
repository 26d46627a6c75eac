#include "engine/diagnosis/run_progress.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/limits.h"

namespace kubediag::diagnosis {
namespace {

constexpr char kPhaseRunning[] = "Running";
constexpr char kPhaseSucceeded[] = "Succeeded";
constexpr char kPhaseFailed[] = "Failed";
constexpr char kPhaseSkipped[] = "Skipped";

std::string Milliseconds(std::chrono::nanoseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
         " ms";
}

}  // namespace

void RunProgress::SetAttempts(graph::NodeIndex node, int64_t attempts) {
  const std::lock_guard lock(mutex_);
  api::OperationOutcome& outcome = outcomes_[node];
  outcome.id = node;
  outcome.operation = plan_.NameOf(node);
  outcome.attempts = attempts;
}

int64_t RunProgress::Start(graph::NodeIndex node, api::Time now) {
  const std::lock_guard lock(mutex_);
  api::OperationOutcome& outcome = outcomes_[node];
  outcome = {.id = node,
             .operation = plan_.NameOf(node),
             .phase = kPhaseRunning,
             .reason = {},
             .message = {},
             .start_time = now,
             .completion_time = std::nullopt,
             .attempts = outcome.attempts + 1};
  changed_ = true;
  OperationProgress progress;
  progress.id = node;
  progress.operation = outcome.operation;
  progress.attempt = outcome.attempts;
  observer_.OnOperationStarted(progress);
  return outcome.attempts;
}

void RunProgress::Finish(const NodeReport& report, ReportOrigin origin) {
  const std::lock_guard lock(mutex_);
  const bool succeeded = report.status.ok();
  api::OperationOutcome& outcome = outcomes_[report.node];
  outcome.id = report.node;
  outcome.operation = plan_.NameOf(report.node);
  outcome.phase = succeeded ? kPhaseSucceeded : kPhaseFailed;
  outcome.reason = report.status.reason();
  outcome.message = succeeded ? SummaryOf(report.results) : report.status.message();
  outcome.start_time = report.start_time;
  outcome.completion_time = report.end_time;
  outcome.attempts = std::max(outcome.attempts, report.attempt);
  changed_ = true;

  // One that an earlier attempt of it left.
  if (const auto at = failed_at_.find(report.node); at != failed_at_.end()) {
    failed_.erase(at->second);
    failed_at_.erase(at);
  }
  if (succeeded) {
    const bool ranked = plan_.operation_set.strategy == api::Strategy::kAllPaths;
    const uint64_t order = ranked ? plan_.graph.Rank(report.node) : sequence_++;
    kept_.insert_or_assign(
        order, Kept{.node = report.node, .results = report.results, .files = report.files});
  } else {
    failed_at_[report.node] = ends_;
    failed_[ends_] = report.node;
    ++ends_;
  }
  if (origin == ReportOrigin::kJournal) return;

  if (succeeded) {
    events_.Record(store::EventType::kNormal, kEventOperationSucceeded,
                   outcome.operation + " finished in " + Milliseconds(report.duration));
  } else {
    events_.Record(store::EventType::kWarning, kEventOperationFailed,
                   outcome.operation + " failed: " + outcome.reason + ": " + outcome.message);
  }
  const auto resolved = plan_.operations.find(outcome.operation);
  const bool exists = resolved != plan_.operations.end() && resolved->second.ok();
  observer_.OnOperationFinished(
      {.id = report.node,
       .operation = outcome.operation,
       .module_operation = exists ? resolved->second->entry.descriptor.name : "",
       .attempt = outcome.attempts,
       .phase = outcome.phase,
       .reason = outcome.reason,
       .text = outcome.message,
       .duration = report.duration});
}

void RunProgress::Skip(graph::NodeIndex node) {
  const std::lock_guard lock(mutex_);
  api::OperationOutcome& outcome = outcomes_[node];
  outcome.id = node;
  outcome.operation = plan_.NameOf(node);
  outcome.phase = kPhaseSkipped;
  outcome.reason = "PredecessorsFailed";
  outcome.message = "no operation before it succeeded";
  changed_ = true;
  OperationProgress progress;
  progress.id = node;
  progress.operation = outcome.operation;
  progress.attempt = 0;
  progress.phase = outcome.phase;
  progress.reason = outcome.reason;
  progress.text = outcome.message;
  observer_.OnOperationFinished(progress);
}

void RunProgress::SetWalk(std::vector<graph::NodeIndex> current_path,
                          std::vector<std::vector<graph::NodeIndex>> failed_paths,
                          uint64_t failed_path_count) {
  const std::lock_guard lock(mutex_);
  current_path_ = std::move(current_path);
  failed_paths_ = std::move(failed_paths);
  failed_path_count_ = failed_path_count;
}

void RunProgress::SetFailedPaths(std::vector<std::vector<graph::NodeIndex>> failed_paths) {
  const std::lock_guard lock(mutex_);
  failed_paths_ = std::move(failed_paths);
}

void RunProgress::Warn(const std::string& message) {
  const std::lock_guard lock(mutex_);
  observer_.OnWarning(message);
}

bool RunProgress::ReserveResultBytes(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > kMaxDiagnosisResultBytes - result_bytes_) return false;
  result_bytes_ += bytes;
  return true;
}

bool RunProgress::TakeChanged() {
  const std::lock_guard lock(mutex_);
  return std::exchange(changed_, false);
}

Status RunProgress::Fill(const ResultFolder& folder, api::DiagnosisStatus& status) const {
  ResultMap merged;
  std::map<std::string, api::Artifact> files;
  {
    const std::lock_guard lock(mutex_);
    status.operations.clear();
    for (const auto& [node, outcome] : outcomes_) {
      if (!outcome.phase.empty()) status.operations.push_back(outcome);
    }
    status.failed_paths.clear();
    for (const auto& path : failed_paths_) status.failed_paths.push_back(plan_.PathOf(path));
    std::vector<graph::NodeIndex> succeeded;
    for (const graph::NodeIndex node : current_path_) {
      const auto found = outcomes_.find(node);
      if (found == outcomes_.end() || found->second.phase != kPhaseSucceeded) break;
      succeeded.push_back(node);
    }
    status.checkpoint.reset();
    if (!current_path_.empty()) {
      const size_t at = std::min(succeeded.size(), current_path_.size() - 1);
      status.checkpoint = {.path_index = static_cast<int64_t>(failed_path_count_),
                           .node_index = static_cast<int64_t>(at)};
    }
    status.succeeded_path = plan_.PathOf(succeeded);
    for (const auto& [order, kept] : kept_) {
      Overlay(merged, kept.results);
      for (const api::Artifact& file : kept.files) files.insert_or_assign(file.key, file);
    }
  }
  status.operation_results.clear();
  status.artifacts.clear();
  for (const auto& [key, file] : files) status.artifacts.push_back(file);
  return PutResults(merged, folder, status);
}

std::vector<api::OperationOutcome> RunProgress::Failures() const {
  const std::lock_guard lock(mutex_);
  std::vector<api::OperationOutcome> failures;
  failures.reserve(failed_.size());
  for (const auto& [end, node] : failed_) failures.push_back(outcomes_.at(node));
  return failures;
}

std::string RunProgress::Summary(const std::vector<graph::NodeIndex>& nodes) const {
  const std::lock_guard lock(mutex_);
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const auto found = outcomes_.find(*node);
    if (found != outcomes_.end() && found->second.phase == kPhaseSucceeded &&
        !found->second.message.empty()) {
      return found->second.message;
    }
  }
  return {};
}

}  // namespace kubediag::diagnosis
