#include "engine/graph/path_walk.h"

#include <unordered_map>

#include "engine/core/limits.h"

namespace kubediag::graph {
namespace {

enum class Outcome : uint8_t { kUnknown, kFailed, kSucceeded };

using DigestId = uint32_t;
constexpr DigestId kNoDigest = UINT32_MAX;

// A node of the path being tried, whose operation succeeded.
struct Frame {
  NodeIndex node;
  uint32_t next = 0;        // the successor to try next
  uint64_t epoch;           // when the node was entered
  bool all_settled = true;  // every successor passed so far is settled
};

}  // namespace

// The walk is a depth-first search whose visits have memory. Visiting every path would take 2^n
// steps, so a node is passed over when a visit would run nothing and fail:
//  - settled: for good. It is not repeatable, and failed, or all its successors are settled.
//  - exhausted at a digest: while the map had that digest all below it was tried, and failed.
// Both are exact: they leave out no run that visiting would bring.
struct FirstPathWalk::State {
  State(const OperationGraph& operation_graph, std::vector<bool> may_repeat)
      : graph(operation_graph),
        repeatable(std::move(may_repeat)),
        first_outcomes(graph.size(), Outcome::kUnknown),
        settled(graph.size()),
        exhausted_at(graph.size(), kNoDigest),
        run_limit(size_t{graph.size()} + graph.edge_count()) {
    stack.push_back({.node = 0, .epoch = 0});
  }

  const OperationGraph& graph;
  const std::vector<bool> repeatable;

  std::unordered_map<MapDigest, DigestId> digest_ids;
  DigestId digest = kNoDigest;  // of the present map
  uint64_t epoch = 0;           // grows when the digest changes, also back to a former one

  std::vector<Outcome> first_outcomes;                // of nodes that are not repeatable
  std::unordered_map<uint64_t, Outcome> outcomes_at;  // of the others, by node and digest
  std::vector<bool> settled;
  std::vector<DigestId> exhausted_at;  // the last such digest

  std::vector<Frame> stack;
  std::optional<NodeIndex> running;
  WalkVerdict verdict = WalkVerdict::kUndecided;
  const size_t run_limit;
  size_t run_count = 0;
  std::vector<std::vector<NodeIndex>> failed_paths;
  uint64_t failed_path_count = 0;

  void SetDigest(const MapDigest& text) {
    const auto id = static_cast<DigestId>(digest_ids.size());
    const DigestId present = digest_ids.emplace(text, id).first->second;
    if (present != digest) ++epoch;
    digest = present;
  }

  Outcome Remembered(NodeIndex node) const {
    if (!repeatable[node]) return first_outcomes[node];
    const auto found = outcomes_at.find(MemoryKey(node));
    return found == outcomes_at.end() ? Outcome::kUnknown : found->second;
  }

  void Remember(NodeIndex node, bool succeeded) {
    const Outcome outcome = succeeded ? Outcome::kSucceeded : Outcome::kFailed;
    if (repeatable[node]) {
      outcomes_at[MemoryKey(node)] = outcome;
    } else {
      first_outcomes[node] = outcome;
      settled[node] = !succeeded;
    }
  }

  uint64_t MemoryKey(NodeIndex node) const { return uint64_t{node} << 32 | digest; }

  std::optional<NodeIndex> FindNext() {
    while (!stack.empty()) {
      Frame& top = stack.back();
      const auto successors = graph.Successors(top.node);
      if (top.next == successors.size()) {
        Leave();
        continue;
      }
      const NodeIndex node = successors[top.next++];
      if (!settled[node] && exhausted_at[node] != digest) {
        const Outcome outcome = Remembered(node);
        if (outcome == Outcome::kUnknown) return node;
        if (outcome == Outcome::kSucceeded) {
          Enter(node);
          if (verdict == WalkVerdict::kSucceeded) return std::nullopt;
          continue;
        }
      }
      top.all_settled = top.all_settled && settled[node];
    }
    return std::nullopt;
  }

  // The operation of `node` has succeeded on the path being tried.
  void Enter(NodeIndex node) {
    stack.push_back({.node = node, .epoch = epoch});
    if (graph.Successors(node).empty()) verdict = WalkVerdict::kSucceeded;
  }

  // All successors of the last frame's node have been tried.
  void Leave() {
    const Frame left = stack.back();
    stack.pop_back();
    if (left.epoch == epoch) exhausted_at[left.node] = digest;
    if (left.all_settled && !repeatable[left.node]) settled[left.node] = true;
    if (stack.empty()) return;
    Frame& top = stack.back();
    top.all_settled = top.all_settled && settled[left.node];
  }

  std::vector<NodeIndex> Path() const {
    std::vector<NodeIndex> path;
    path.reserve(stack.size());
    for (size_t i = 1; i < stack.size(); ++i) path.push_back(stack[i].node);
    return path;
  }

  void AddFailedPath(NodeIndex failed) {
    ++failed_path_count;
    if (failed_paths.size() >= kMaxListedPaths) return;
    std::vector<NodeIndex> path = Path();
    path.push_back(failed);
    while (!graph.Successors(path.back()).empty()) {
      path.push_back(graph.Successors(path.back()).front());
    }
    failed_paths.push_back(std::move(path));
  }
};

FirstPathWalk::FirstPathWalk(const OperationGraph& graph, std::vector<bool> repeatable)
    : state_(std::make_unique<State>(graph, std::move(repeatable))) {}
FirstPathWalk::~FirstPathWalk() = default;

std::optional<NodeIndex> FirstPathWalk::Next(const MapDigest& digest) {
  State& state = *state_;
  if (state.verdict != WalkVerdict::kUndecided) return std::nullopt;
  if (state.running) return state.running;
  state.SetDigest(digest);
  const auto node = state.FindNext();
  if (!node) {
    if (state.verdict == WalkVerdict::kUndecided) state.verdict = WalkVerdict::kFailed;
    return std::nullopt;
  }
  if (state.run_count == state.run_limit) {
    --state.stack.back().next;
    state.verdict = WalkVerdict::kRunLimit;
    return std::nullopt;
  }
  state.running = node;
  return node;
}

void FirstPathWalk::Finish(bool succeeded) {
  State& state = *state_;
  if (!state.running) return;
  const NodeIndex node = *state.running;
  state.running.reset();
  ++state.run_count;
  state.Remember(node, succeeded);
  if (!succeeded) {
    state.AddFailedPath(node);
    Frame& top = state.stack.back();
    top.all_settled = top.all_settled && state.settled[node];
    return;
  }
  state.Enter(node);
}

void FirstPathWalk::Replay(NodeIndex node, const MapDigest& digest, bool succeeded) {
  State& state = *state_;
  const auto next = Next(digest);
  if (next == node) return Finish(succeeded);
  // Not what this walk would have run: the outcome is kept, the place in the walk is not.
  if (next) {
    state.running.reset();
    --state.stack.back().next;
  }
  if (state.verdict != WalkVerdict::kUndecided) return;
  ++state.run_count;
  state.Remember(node, succeeded);
}

WalkVerdict FirstPathWalk::verdict() const { return state_->verdict; }

std::vector<NodeIndex> FirstPathWalk::CurrentPath() const {
  std::vector<NodeIndex> path = state_->Path();
  if (state_->running) path.push_back(*state_->running);
  return path;
}

const std::vector<std::vector<NodeIndex>>& FirstPathWalk::FailedPaths() const {
  return state_->failed_paths;
}
uint64_t FirstPathWalk::FailedPathCount() const { return state_->failed_path_count; }
size_t FirstPathWalk::RunCount() const { return state_->run_count; }

}  // namespace kubediag::graph
