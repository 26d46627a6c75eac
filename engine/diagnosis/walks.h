// The two ways through a graph: each runs nodes with a NodeRunner until the Diagnosis is decided.
#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/diagnosis/node_runner.h"
#include "engine/diagnosis/recovery.h"

namespace kubediag::diagnosis {

struct Verdict {
  Status failure;  // ok: it succeeded
  std::vector<graph::NodeIndex> succeeded_path;
};

// FirstPath: decided by the first path from start to sink whose operations all succeed.
// `recovery` is null for a new run. A Status: the run cannot go on (NodeRunner::Run).
Result<Verdict> WalkFirstPath(const RunContext& context, NodeRunner& runner,
                              const Recovery* recovery);

// AllPaths: every node whose predecessors allow it, up to Limits::concurrent_operations at once.
Result<Verdict> WalkAllPaths(const RunContext& context, NodeRunner& runner,
                             const Recovery* recovery);

// Why the walk must not start another operation: cancelled, suspended or out of time. Ok: go on.
Status WhyStop(const RunContext& context);

}  // namespace kubediag::diagnosis
