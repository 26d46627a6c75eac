#include "engine/controller/operation_set_status.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/api/encode_kinds.h"
#include "engine/api/write.h"
#include "engine/controller/reasons.h"
#include "engine/core/utf8.h"
#include "engine/graph/operation_graph.h"

namespace kubediag::controller {
namespace {

constexpr char kReasonStatusTooLarge[] = "StatusTooLarge";

void SetCondition(api::OperationSetStatus& status, const char* type, bool is_true,
                  const char* reason, const std::string& message, api::Time now) {
  api::SetCondition(status.conditions,
                    {.type = type,
                     .status = is_true ? api::kConditionTrue : api::kConditionFalse,
                     .last_transition_time = now,
                     .reason = reason,
                     .message = Shorten(message, kMaxMessageBytes)},
                    now);
}

std::string Counted(uint64_t count, const char* thing) {
  std::string text = std::to_string(count);
  if (count == std::numeric_limits<uint64_t>::max()) text = "at least " + text;
  return text + " " + thing + (count == 1 ? "" : "s");
}

api::Path PathOf(const api::OperationSet& set, const std::vector<graph::NodeIndex>& nodes) {
  api::Path path;
  path.reserve(nodes.size());
  for (const graph::NodeIndex node : nodes) {
    path.push_back(set.adjacency_list[node]);
    path.back().id = node;
  }
  return path;
}

// Bytes of one path in the status, the comma behind it included.
size_t EncodedBytes(const api::Path& path) {
  api::OperationSetStatus only;
  const size_t none = api::EncodeStatusJson(only).size();
  only.paths.push_back(path);
  return api::EncodeStatusJson(only).size() - none;
}

// Lists the first paths, as many as fit.
void ListPaths(const api::OperationSet& set, const graph::OperationGraph& graph, size_t max_bytes,
               api::OperationSetStatus& status) {
  size_t bytes = api::EncodeStatusJson(status).size() + kMaxMessageBytes;  // what comes later
  for (const auto& nodes : graph.ListPaths(kMaxListedPaths)) {
    api::Path path = PathOf(set, nodes);
    bytes += EncodedBytes(path);
    if (bytes > max_bytes) return;
    status.paths.push_back(std::move(path));
  }
}

void SetTruncated(api::OperationSetStatus& status, uint64_t listable, api::Time now) {
  const bool cut = status.paths.size() < listable;
  if (!cut && api::FindCondition(status.conditions, api::kConditionTruncated) == nullptr) return;
  SetCondition(status, api::kConditionTruncated, cut,
               cut ? kReasonStatusTooLarge : kReasonGraphValid,
               cut ? "paths: the first " + std::to_string(status.paths.size()) +
                         " are listed, more would be too large"
                   : "nothing was cut",
               now);
}

}  // namespace

api::OperationSetStatus OperationSetStatusOf(const api::OperationSet& set,
                                             const std::string& problem, api::Time now,
                                             size_t max_bytes) {
  api::OperationSetStatus status;
  status.conditions = set.status.conditions;
  status.observed_generation = set.metadata.generation;
  if (!problem.empty()) {
    SetCondition(status, api::kConditionReady, false, kReasonUnreadable, problem, now);
    SetTruncated(status, 0, now);
    return status;
  }
  const auto graph = graph::OperationGraph::Build(set.adjacency_list);
  if (!graph.ok()) {
    SetCondition(status, api::kConditionReady, false, kReasonGraphInvalid, graph.status().message(),
                 now);
    SetTruncated(status, 0, now);
    return status;
  }
  status.ready = true;
  ListPaths(set, *graph, max_bytes, status);
  const uint64_t paths = graph->CountPaths();
  std::string message = Counted(graph->size() - 1, "operation") + ", " + Counted(paths, "path");
  if (status.paths.size() < paths) {
    message += "; the first " + std::to_string(status.paths.size()) + " are listed";
  }
  SetCondition(status, api::kConditionReady, true, kReasonGraphValid, message, now);
  SetTruncated(status, std::min<uint64_t>(paths, kMaxListedPaths), now);
  return status;
}

bool SameStatus(const api::OperationSetStatus& a, const api::OperationSetStatus& b) {
  return api::EncodeStatusJson(a) == api::EncodeStatusJson(b);
}

std::string StatusPatchOf(const std::string& resource_version,
                          const api::OperationSetStatus& wanted) {
  api::Value status = api::StatusValue(wanted);
  for (const char* const field : {"conditions", "observedGeneration", "paths"}) {
    if (status.Find(field) == nullptr) status.Set(field, api::Value());
  }
  api::Value metadata = api::Value::Map();
  metadata.Set("resourceVersion", api::Value::String(resource_version));
  api::Value body = api::Value::Map();
  body.Set("metadata", std::move(metadata));
  body.Set("status", std::move(status));
  return api::WriteJson(body, api::JsonLayout::kCompact);
}

}  // namespace kubediag::controller
