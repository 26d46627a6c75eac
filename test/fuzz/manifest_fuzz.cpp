// Fuzzes what a user's file goes through: decoding, validation, the graph rules, and printing,
// whose output must read back as the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/api/decode.h"
#include "engine/api/encode.h"
#include "engine/api/validate.h"
#include "engine/graph/check_object.h"
#include "engine/graph/operation_graph.h"

namespace {

using kubediag::api::Decode;
using kubediag::api::Decoded;
using kubediag::api::DecodedObject;

// Ends the program where a sanitizer's report would.
void Demand(bool holds) {
  if (!holds) std::abort();
}

void CheckPrinted(const std::string& printed, const kubediag::api::Object& object) {
  const Decoded again = Decode(printed, "printed");
  Demand(again.objects.size() == 1);
  Demand(again.ok());
  Demand(EncodeJson(again.objects[0].object) == EncodeJson(object));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Decoded decoded = Decode({reinterpret_cast<const char*>(data), size}, "fuzz");
  for (const DecodedObject& object : decoded.objects) {
    for (const auto& found : kubediag::graph::CheckGraph(object)) Demand(!found.message.empty());
  }
  for (const auto& found : ValidateAll(decoded.objects)) Demand(!found.ToString().empty());
  for (const DecodedObject& object : decoded.objects) {
    if (!object.valid) continue;
    CheckPrinted(EncodeYaml(object.object), object.object);
    CheckPrinted(EncodeJson(object.object), object.object);
    const auto* const set = std::get_if<kubediag::api::OperationSet>(&object.object);
    if (set == nullptr) continue;
    const auto graph = kubediag::graph::OperationGraph::Build(set->adjacency_list);
    if (graph.ok())
      Demand(graph->ListPaths(8).size() == std::min<uint64_t>(8, graph->CountPaths()));
  }
  return 0;
}
