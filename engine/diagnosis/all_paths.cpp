#include "engine/graph/all_paths.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/status.h"
#include "engine/diagnosis/visible_results.h"
#include "engine/diagnosis/walks.h"

namespace kubediag::diagnosis {
namespace {

using graph::AllPathsSchedule;
using graph::NodeIndex;

class AllPathsRun {
 public:
  AllPathsRun(const RunContext& context, NodeRunner& runner)
      : context_(context),
        runner_(runner),
        schedule_(context.plan.graph),
        visible_(context.plan.graph) {}

  Status Recover(const Recovery& recovery) {
    for (const FinishedRecord& record : recovery.finished) {
      KUBEDIAG_ASSIGN_OR_RETURN(NodeRunner::End end, runner_.Replay(record));
      decided_.insert_or_assign(record.node, std::move(end));
    }
    for (const StartedRecord& started : recovery.interrupted) {
      if (recovery.MayRepeat(started.node)) continue;
      KUBEDIAG_ASSIGN_OR_RETURN(NodeRunner::End end, runner_.Interrupt(started));
      decided_.insert_or_assign(started.node, std::move(end));
    }
    return Status::Ok();
  }

  Result<Verdict> Walk() {
    Status stop;
    for (;;) {
      if (stop.ok()) stop = WhyStop(context_);
      if (stop.ok()) TakeReady();
      while (stop.ok() && !waiting_.empty() && running_.size() < MostAtOnce()) StartNext();
      if (running_.empty()) break;
      KUBEDIAG_RETURN_IF_ERROR(AwaitOne());
    }
    TellFailedPaths();
    const bool cut_short = !schedule_.Done() || (!schedule_.Succeeded() && EndedOne());
    if (!stop.ok() && cut_short) return Verdict{.failure = stop, .succeeded_path = {}};
    if (schedule_.Succeeded()) {
      std::vector<NodeIndex> path = schedule_.SucceededPath();
      context_.progress.SetWalk(path, FailedPaths(), 0);
      return Verdict{.failure = Status::Ok(), .succeeded_path = std::move(path)};
    }
    return Verdict{.failure = FailureOf(context_.progress.Failures()), .succeeded_path = {}};
  }

 private:
  size_t MostAtOnce() const {
    return std::max(context_.environment.options.limits.concurrent_operations, 1U);
  }

  // Nodes that a journal decided end at once, and may make others ready.
  void TakeReady() {
    for (std::vector<NodeIndex> ready = schedule_.TakeReady(); !ready.empty();
         ready = schedule_.TakeReady()) {
      for (const NodeIndex node : ready) {
        const auto decided = decided_.find(node);
        if (decided == decided_.end()) {
          waiting_.push_back(node);
        } else {
          Finish(node, decided->second);
        }
      }
    }
    std::sort(skipped_.begin(), skipped_.end());
    for (const NodeIndex node : std::exchange(skipped_, {})) context_.progress.Skip(node);
  }

  void StartNext() {
    const NodeIndex node = waiting_.front();
    waiting_.pop_front();
    running_.emplace(node, std::jthread([this, node, results = visible_.Before(node)] {
                       auto end =
                           runner_.Run(node, MapDigest(context_.plan.binding, results), results);
                       const std::lock_guard lock(mutex_);
                       ended_.emplace_back(node, std::move(end));
                       ended_one_.notify_one();
                     }));
  }

  Status AwaitOne() {
    std::optional<std::pair<NodeIndex, Result<NodeRunner::End>>> ended;
    {
      std::unique_lock lock(mutex_);
      ended_one_.wait(lock, [this] { return !ended_.empty(); });
      ended = std::move(ended_.front());
      ended_.pop_front();
    }
    running_.erase(ended->first);  // joins
    KUBEDIAG_RETURN_IF_ERROR(ended->second.status());
    Finish(ended->first, *ended->second);
    return Status::Ok();
  }

  void Finish(NodeIndex node, const NodeRunner::End& end) {
    schedule_.Finish(node, end.succeeded);
    visible_.End(node, end.succeeded ? end.results : ResultMap());
    if (!end.succeeded) failed_.push_back(node);
    for (const NodeIndex skipped : schedule_.TakeSkipped()) {
      visible_.End(skipped, {});
      skipped_.push_back(skipped);
    }
  }

  // Each failed node on a whole path, as KubeDiag lists them: back by first predecessors, on by
  // first successors.
  std::vector<std::vector<NodeIndex>> FailedPaths() const {
    std::vector<NodeIndex> failed = failed_;
    const graph::OperationGraph& graph = context_.plan.graph;
    std::sort(failed.begin(), failed.end(),
              [&graph](NodeIndex a, NodeIndex b) { return graph.Rank(a) < graph.Rank(b); });
    failed.resize(std::min(failed.size(), kMaxListedPaths));
    std::vector<std::vector<NodeIndex>> paths;
    for (const NodeIndex node : failed) {
      std::vector<NodeIndex> path;
      for (NodeIndex at = node; at != 0; at = graph.Predecessors(at).front()) path.push_back(at);
      std::reverse(path.begin(), path.end());
      for (NodeIndex at = node; !graph.Successors(at).empty();) {
        at = graph.Successors(at).front();
        path.push_back(at);
      }
      paths.push_back(std::move(path));
    }
    return paths;
  }

  // Whether what stops the run has ended an operation of it.
  bool EndedOne() const {
    const std::vector<api::OperationOutcome> failures = context_.progress.Failures();
    return std::any_of(failures.begin(), failures.end(),
                       [](const auto& failure) { return IsStopReason(failure.reason); });
  }

  void TellFailedPaths() { context_.progress.SetFailedPaths(FailedPaths()); }

  const RunContext& context_;
  NodeRunner& runner_;
  AllPathsSchedule schedule_;
  VisibleResults visible_;
  std::map<NodeIndex, NodeRunner::End> decided_;
  std::vector<NodeIndex> failed_;
  std::vector<NodeIndex> skipped_;  // not told yet
  std::deque<NodeIndex> waiting_;

  std::mutex mutex_;
  std::condition_variable ended_one_;
  std::deque<std::pair<NodeIndex, Result<NodeRunner::End>>> ended_;
  std::map<NodeIndex, std::jthread> running_;  // last: joined before what they use goes
};

}  // namespace

Result<Verdict> WalkAllPaths(const RunContext& context, NodeRunner& runner,
                             const Recovery* recovery) {
  AllPathsRun run(context, runner);
  if (recovery != nullptr) KUBEDIAG_RETURN_IF_ERROR(run.Recover(*recovery));
  return run.Walk();
}

}  // namespace kubediag::diagnosis
