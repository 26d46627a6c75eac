// FirstPathWalk: which operation to run next when the first path from start to sink whose
// operations all succeed decides.
//
// Pure bookkeeping, no I/O, not thread-safe. The caller asks Next(), runs that node, and tells
// Finish().
//
// Paths are tried depth first in list order. An outcome is remembered per (node, digest of the map
// it was given), so shared prefixes are not run again. A repeatable node runs again if the map has
// changed since its last run; a non-repeatable one runs once and keeps its outcome. There are at
// most nodes + edges runs, and the walk never enumerates paths: a ladder of 2^40 paths costs what
// its nodes cost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/operation_graph.h"

namespace kubediag::graph {

using MapDigest = std::string;  // equal digests mean equal maps

enum class WalkVerdict { kUndecided, kSucceeded, kFailed, kRunLimit };

class FirstPathWalk {
 public:
  // `repeatable[node]`; the graph is borrowed and must outlive the walk.
  FirstPathWalk(const OperationGraph& graph, std::vector<bool> repeatable);
  ~FirstPathWalk();

  // The node to run now, if the map it would be given has this digest; nullopt once verdict() is
  // decided. After Next() returned a node, Finish() must follow before the next Next().
  std::optional<NodeIndex> Next(const MapDigest& digest);
  void Finish(bool succeeded);

  // Recovery: the outcome of a run that a journal recorded, in the order they happened, before the
  // first Next(). Equal to Next() returning `node` for `digest` and Finish(succeeded), without
  // running it.
  void Replay(NodeIndex node, const MapDigest& digest, bool succeeded);

  WalkVerdict verdict() const;
  // From the first node after the start: the path being tried (undecided) or that succeeded.
  std::vector<NodeIndex> CurrentPath() const;
  // Each path that was being tried when an operation failed (KubeDiag 0.2: failedPaths): from the
  // start to the failing node, then on by first successors to a sink, so that it is whole. Up to
  // kMaxListedPaths; FailedPathCount counts all.
  const std::vector<std::vector<NodeIndex>>& FailedPaths() const;
  uint64_t FailedPathCount() const;
  size_t RunCount() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubediag::graph
