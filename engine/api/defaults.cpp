#include "engine/api/defaults.h"

namespace kubediag::api {

void SetDefaults(Operation& operation) {
  Processor& processor = operation.processor;
  if (processor.http_server) {
    if (!processor.http_server->scheme) processor.http_server->scheme = "http";
    if (!processor.http_server->path) processor.http_server->path = "/";
  }
  if (!processor.shared_object && !processor.timeout_seconds) {
    processor.timeout_seconds = kKubeDiagOperationTimeoutSeconds;
  }
}

void SetDefaults(OperationSet& operation_set) {
  for (size_t i = 0; i < operation_set.adjacency_list.size(); ++i) {
    operation_set.adjacency_list[i].id = static_cast<int64_t>(i);
  }
}

}  // namespace kubediag::api
