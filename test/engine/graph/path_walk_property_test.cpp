// FirstPathWalk against a reference that says the rule as plainly as it can: a recursive search
// that visits every path, with a memory of outcomes, and knows no shortcut.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "engine/core/limits.h"
#include "engine/graph/path_walk.h"
#include "test/engine/graph/adjacency_list.h"

namespace kubediag::graph {
namespace {

using Results = std::map<int, int>;

std::string DigestOf(const Results& results) {
  std::string digest;
  for (const auto& [key, value] : results) {
    digest += std::to_string(key) + "=" + std::to_string(value) + ";";
  }
  return digest;
}

// A random but fixed function from (node, map) to outcome and results. Values are overwritten, so
// that the map also returns to what it was.
struct World {
  uint64_t seed = 0;
  int keys = 0;
  int failures_of_ten = 0;
  int changes_of_ten = 0;

  bool Run(NodeIndex node, Results& results) const {
    std::mt19937_64 random(seed ^ std::hash<std::string>()(DigestOf(results)) ^
                           (uint64_t{node} * 0x9E3779B97F4A7C15ULL));
    const bool succeeds = static_cast<int>(random() % 10) >= failures_of_ten;
    if (static_cast<int>(random() % 10) < changes_of_ten) {
      results[static_cast<int>(random() % static_cast<uint64_t>(keys))] =
          static_cast<int>(random() % 2);
    }
    return succeeds;
  }
};

struct Trace {
  std::vector<NodeIndex> runs;
  std::vector<std::vector<NodeIndex>> failed_paths;
  std::vector<NodeIndex> path;
  WalkVerdict verdict = WalkVerdict::kUndecided;
};

class Reference {
 public:
  Reference(const OperationGraph& graph, const std::vector<bool>& repeatable, const World& world)
      : graph_(graph), repeatable_(repeatable), world_(world) {}

  Trace Search() {
    const bool found = TrySuccessors(0);
    if (limited_) {
      trace_.verdict = WalkVerdict::kRunLimit;
    } else {
      trace_.verdict = found ? WalkVerdict::kSucceeded : WalkVerdict::kFailed;
    }
    if (found) trace_.path = path_;
    return trace_;
  }

 private:
  bool TrySuccessors(NodeIndex node) {
    for (const NodeIndex successor : graph_.Successors(node)) {
      if (Try(successor)) return true;
      if (limited_) return false;
    }
    return false;
  }

  bool Try(NodeIndex node) {
    path_.push_back(node);
    const bool succeeded = Outcome(node);
    if (succeeded && (graph_.Successors(node).empty() || TrySuccessors(node))) return true;
    path_.pop_back();
    return false;
  }

  bool Outcome(NodeIndex node) {
    const std::string digest = repeatable_[node] ? DigestOf(results_) : "";
    const auto key = std::make_pair(node, digest);
    if (const auto found = outcomes_.find(key); found != outcomes_.end()) return found->second;
    if (trace_.runs.size() == graph_.size() + graph_.edge_count()) {
      limited_ = true;
      return false;
    }
    trace_.runs.push_back(node);
    const bool succeeded = world_.Run(node, results_);
    if (!succeeded) AddFailedPath();
    return outcomes_[key] = succeeded;
  }

  void AddFailedPath() {
    std::vector<NodeIndex> path = path_;
    while (!graph_.Successors(path.back()).empty()) {
      path.push_back(graph_.Successors(path.back())[0]);
    }
    trace_.failed_paths.push_back(path);
  }

  const OperationGraph& graph_;
  const std::vector<bool>& repeatable_;
  const World& world_;
  Results results_;
  std::map<std::pair<NodeIndex, std::string>, bool> outcomes_;
  std::vector<NodeIndex> path_;
  bool limited_ = false;
  Trace trace_;
};

Trace WalkAll(FirstPathWalk& walk, const World& world, Results results, Trace trace = {}) {
  while (const auto node = walk.Next(DigestOf(results))) {
    trace.runs.push_back(*node);
    walk.Finish(world.Run(*node, results));
  }
  trace.verdict = walk.verdict();
  trace.failed_paths = walk.FailedPaths();
  if (trace.verdict == WalkVerdict::kSucceeded) trace.path = walk.CurrentPath();
  return trace;
}

// Every node has an edge from an earlier one, so all are reachable and there is no cycle.
OperationGraph RandomGraph(std::mt19937_64& random) {
  const size_t size = 2 + random() % 9;
  std::vector<std::vector<int64_t>> to(size);
  for (size_t node = 1; node < size; ++node) {
    to[random() % node].push_back(static_cast<int64_t>(node));
  }
  const size_t more = random() % (2 * size);
  for (size_t i = 0; i < more; ++i) {
    const size_t target = 1 + random() % (size - 1);
    to[random() % target].push_back(static_cast<int64_t>(target));
  }
  for (auto& targets : to) std::shuffle(targets.begin(), targets.end(), random);
  return *OperationGraph::Build(AdjacencyList(to));
}

class RandomWalks : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { random_.seed(static_cast<uint64_t>(GetParam())); }

  World RandomWorld() {
    return {.seed = random_(),
            .keys = 1 + static_cast<int>(random_() % 6),
            .failures_of_ten = static_cast<int>(random_() % 10),
            .changes_of_ten = static_cast<int>(random_() % 11)};
  }
  std::vector<bool> RandomRepeatable(size_t size) {
    std::vector<bool> repeatable(size);
    const uint64_t of_four = random_() % 5;
    for (size_t i = 0; i < size; ++i) repeatable[i] = random_() % 4 < of_four;
    return repeatable;
  }

  std::mt19937_64 random_;
};

TEST_P(RandomWalks, RunTheSameAsTheReference) {
  for (int round = 0; round < 2000; ++round) {
    const OperationGraph graph = RandomGraph(random_);
    const World world = RandomWorld();
    const std::vector<bool> repeatable = RandomRepeatable(graph.size());
    const Trace expected = Reference(graph, repeatable, world).Search();
    FirstPathWalk walk(graph, repeatable);
    const Trace actual = WalkAll(walk, world, {});
    ASSERT_EQ(actual.verdict, expected.verdict) << "round " << round;
    ASSERT_EQ(actual.runs, expected.runs) << "round " << round;
    ASSERT_EQ(actual.path, expected.path) << "round " << round;
    ASSERT_EQ(walk.FailedPathCount(), expected.failed_paths.size()) << "round " << round;
    if (expected.failed_paths.size() <= kMaxListedPaths) {
      ASSERT_EQ(actual.failed_paths, expected.failed_paths) << "round " << round;
    }
    ASSERT_EQ(walk.RunCount(), actual.runs.size());
  }
}

TEST_P(RandomWalks, GoOnAfterReplayAsIfNothingHadHappened) {
  for (int round = 0; round < 500; ++round) {
    const OperationGraph graph = RandomGraph(random_);
    const World world = RandomWorld();
    const std::vector<bool> repeatable = RandomRepeatable(graph.size());
    const Trace expected = Reference(graph, repeatable, world).Search();
    const size_t replayed = random_() % (expected.runs.size() + 1);
    FirstPathWalk walk(graph, repeatable);
    Results results;
    Trace trace;
    for (size_t i = 0; i < replayed; ++i) {
      const std::string digest = DigestOf(results);
      walk.Replay(expected.runs[i], digest, world.Run(expected.runs[i], results));
      trace.runs.push_back(expected.runs[i]);
    }
    const Trace actual = WalkAll(walk, world, results, trace);
    ASSERT_EQ(actual.runs, expected.runs) << "round " << round;
    ASSERT_EQ(actual.verdict, expected.verdict) << "round " << round;
    ASSERT_EQ(actual.path, expected.path) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWalks, testing::Range(1, 6));

}  // namespace
}  // namespace kubediag::graph
