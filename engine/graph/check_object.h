// CheckGraph: the rules of the graph for an OperationSet from a file, with places in the file.
// Pure function.
#pragma once

#include <vector>

#include "engine/api/decode.h"

namespace kubediag::graph {

// Nothing for other kinds, or if the adjacency list could not be read as it stands in the file.
std::vector<api::Diagnostic> CheckGraph(const api::DecodedObject& object);

}  // namespace kubediag::graph
