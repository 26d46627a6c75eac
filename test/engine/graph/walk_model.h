// Operations that exist only as what they do to a map, and the walk over them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/graph/path_walk.h"

namespace kubediag::graph {

struct ModelOperation {
  std::vector<std::string> adds{};   // keys it adds when it succeeds
  std::vector<std::string> needs{};  // it fails unless these are there
};
using Operations = std::map<NodeIndex, ModelOperation>;

struct Walked {
  WalkVerdict verdict = WalkVerdict::kUndecided;
  std::vector<NodeIndex> runs;
  std::vector<NodeIndex> path;
  std::vector<std::vector<NodeIndex>> failed_paths;
  uint64_t failed_path_count = 0;
};

inline std::vector<bool> AllRepeatable(const OperationGraph& graph) {
  return std::vector<bool>(graph.size(), true);
}
inline std::vector<bool> NoneRepeatable(const OperationGraph& graph) {
  return std::vector<bool>(graph.size(), false);
}

inline std::string DigestOf(const std::set<std::string>& keys) {
  std::string digest;
  for (const std::string& key : keys) digest += key + '\n';
  return digest;
}

// An operation that is not in `operations` succeeds and adds nothing.
inline Walked Walk(const OperationGraph& graph, std::vector<bool> repeatable,
                   const Operations& operations) {
  FirstPathWalk walk(graph, std::move(repeatable));
  std::set<std::string> keys;
  Walked walked;
  while (const auto node = walk.Next(DigestOf(keys))) {
    walked.runs.push_back(*node);
    const auto found = operations.find(*node);
    const ModelOperation operation = found == operations.end() ? ModelOperation{} : found->second;
    bool succeeded = true;
    for (const std::string& key : operation.needs) succeeded = succeeded && keys.count(key) > 0;
    if (succeeded) keys.insert(operation.adds.begin(), operation.adds.end());
    walk.Finish(succeeded);
  }
  walked.verdict = walk.verdict();
  walked.path = walk.CurrentPath();
  walked.failed_paths = walk.FailedPaths();
  walked.failed_path_count = walk.FailedPathCount();
  return walked;
}

}  // namespace kubediag::graph
