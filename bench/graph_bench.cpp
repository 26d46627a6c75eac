// The graph: validation, order and walk, from 10 to 100 000 nodes. Budget: 100 000 nodes validated
// and sorted within 100 ms, and a ladder of 2^40 paths at the cost of its nodes.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "engine/graph/all_paths.h"
#include "engine/graph/operation_graph.h"
#include "engine/graph/path_walk.h"

namespace kubediag::graph {
namespace {

// start → {a, b} → join → {a, b} → join …: about `nodes` of them, 2^(nodes / 3) paths.
std::vector<api::Node> Ladder(int64_t nodes) {
  const int64_t diamonds = nodes / 3;
  std::vector<api::Node> list(static_cast<size_t>(3 * diamonds + 1));
  for (size_t i = 0; i < list.size(); ++i) {
    const auto position = static_cast<int64_t>(i);
    list[i].id = position;
    if (i > 0) list[i].operation = "operation-" + std::to_string(i % 10);
    if (i % 3 != 0) {
      list[i].to = {position - position % 3 + 3};
    } else if (i + 1 < list.size()) {
      list[i].to = {position + 1, position + 2};
    }
  }
  return list;
}

std::vector<api::Node> Chain(int64_t nodes) {
  std::vector<api::Node> list(static_cast<size_t>(nodes));
  for (size_t i = 0; i < list.size(); ++i) {
    list[i].id = static_cast<int64_t>(i);
    if (i > 0) list[i].operation = "operation";
    if (i + 1 < list.size()) list[i].to = {static_cast<int64_t>(i) + 1};
  }
  return list;
}

void CountNodes(benchmark::State& state, size_t nodes) {
  state.counters["nodes"] = static_cast<double>(nodes);
  state.counters["nodes/s"] =
      benchmark::Counter(static_cast<double>(nodes) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

template <std::vector<api::Node> (*MakeList)(int64_t)>
void ValidateAndSort(benchmark::State& state) {
  const std::vector<api::Node> list = MakeList(state.range(0));
  for (auto iteration : state) benchmark::DoNotOptimize(OperationGraph::Build(list));
  CountNodes(state, list.size());
}
BENCHMARK_TEMPLATE(ValidateAndSort, Ladder)
    ->Name("graph/validate-sort/ladder")
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(ValidateAndSort, Chain)
    ->Name("graph/validate-sort/chain")
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

void CountAndListPaths(benchmark::State& state) {
  const auto graph = *OperationGraph::Build(Ladder(state.range(0)));
  for (auto iteration : state) {
    benchmark::DoNotOptimize(graph.CountPaths());
    benchmark::DoNotOptimize(graph.ListPaths(64));
  }
  CountNodes(state, graph.size());
}
BENCHMARK(CountAndListPaths)
    ->Name("graph/paths/ladder")
    ->Arg(120)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

// The whole walk, with the last sink failing. `changing`: each run changes the map.
void Walk(benchmark::State& state, bool repeatable, bool changing) {
  const auto graph = *OperationGraph::Build(Ladder(state.range(0)));
  size_t runs = 0;
  for (auto iteration : state) {
    FirstPathWalk walk(graph, std::vector<bool>(graph.size(), repeatable));
    size_t version = 0;
    while (const auto node = walk.Next(std::to_string(version))) {
      version += changing ? 1 : 0;
      walk.Finish(!graph.Successors(*node).empty());
    }
    runs = walk.RunCount();
  }
  CountNodes(state, graph.size());
  state.counters["runs"] = static_cast<double>(runs);
}
BENCHMARK_CAPTURE(Walk, once, false, true)
    ->Name("graph/walk/ladder/once")
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Walk, repeatable, true, false)
    ->Name("graph/walk/ladder/repeatable")
    ->Arg(120)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Walk, changing, true, true)
    ->Name("graph/walk/ladder/repeatable-changing")
    ->Arg(120)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

void Schedule(benchmark::State& state) {
  const auto graph = *OperationGraph::Build(Ladder(state.range(0)));
  for (auto iteration : state) {
    AllPathsSchedule schedule(graph);
    while (!schedule.Done()) {
      for (const NodeIndex node : schedule.TakeReady()) schedule.Finish(node, true);
    }
    benchmark::DoNotOptimize(schedule.SucceededPath());
  }
  CountNodes(state, graph.size());
}
BENCHMARK(Schedule)
    ->Name("graph/all-paths/ladder")
    ->Arg(120)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kubediag::graph
