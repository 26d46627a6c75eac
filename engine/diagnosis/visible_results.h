// VisibleResults: what each operation sees under strategy AllPaths: the results of its ancestors
// that succeeded, those of the higher topological rank over the others.
//
// What is visible behind a node is kept with it as a shared map and made from its predecessors'
// maps alone, so a run of many operations costs no more than the maps it hands out. It does not
// depend on the order in which independent operations end. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/diagnosis/results.h"
#include "engine/graph/operation_graph.h"

namespace kubediag::diagnosis {

class VisibleResults {
 public:
  explicit VisibleResults(const graph::OperationGraph& graph);  // borrowed

  // `node` has ended, or is skipped, after all its predecessors; `own` is empty unless it
  // succeeded.
  void End(graph::NodeIndex node, const ResultMap& own);
  // For a node whose predecessors have all ended. Once for each node, and before its End().
  ResultMap Before(graph::NodeIndex node);

  // How many maps there are, for tests: nodes that see the same share one.
  size_t MapCount() const;

 private:
  struct Origin {
    graph::NodeIndex rank = 0;  // of the operation that gave it
    std::shared_ptr<ResultEntry> entry;
  };
  using Map = std::map<std::string, Origin>;

  std::shared_ptr<const Map> Merge(graph::NodeIndex node);

  const graph::OperationGraph& graph_;
  std::vector<std::shared_ptr<const Map>> before_;  // by node; null: not asked for, or empty
  std::vector<std::shared_ptr<const Map>> behind_;  // by node; null: nothing
  std::vector<uint32_t> readers_;  // successors that have not ended: behind_ is kept for them
};

}  // namespace kubediag::diagnosis
