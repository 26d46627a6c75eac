#include "engine/diagnosis/processor.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/api/conditions.h"
#include "engine/api/defaults.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

// KubeDiag 0.2 - 0.3.1: processors of the agent itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kKubeDiagPaths = {{
    {"/processor/commandExecutor", "command-executor"},
    {"/processor/containerCollector", "container-collector"},
    {"/processor/containerdGoroutineCollector", "containerd-goroutine-collector"},
    {"/processor/coreFileProfiler", "core-file-profiler"},
    {"/processor/dockerInfoCollector", "docker-info-collector"},
    {"/processor/dockerdGoroutineCollector", "dockerd-goroutine-collector"},
    {"/processor/elasticsearchCollector", "elasticsearch-collector"},
    {"/processor/goProfiler", "go-profiler"},
    {"/processor/mountInfoCollector", "mount-info-collector"},
    {"/processor/nodeCordon", "node-cordon"},
    {"/processor/podDetailCollector", "pod-detail-collector"},
    {"/processor/podListCollector", "pod-list-collector"},
    {"/processor/processCollector", "process-collector"},
    {"/processor/sonobuoyResultDiagnoser", "sonobuoy-result-diagnoser"},
    {"/processor/statefulsetDetailCollector", "statefulset-detail-collector"},
    {"/processor/statefulsetStuck", "statefulset-stuck"},
    {"/processor/subpathRemountDiagnoser", "subpath-remount-diagnoser"},
    {"/processor/subpathRemountRecover", "subpath-remount-recover"},
    {"/processor/tcpdumpProfiler", "tcpdump-profiler"},
}};

struct Target {
  std::string operation;  // of a module
  Settings settings;
  bool kubediag_timeout = true;  // 30 s if the object gives none
  bool user_code = false;        // what it does is not the module's to say: not repeatable
};

Status NotAvailable(const std::string& message) {
  return Status::NotFound(message).WithReason(kReasonOperationNotAvailable);
}

Result<Target> TargetOf(const std::string& name, const api::HttpServer& server) {
  const std::string path = server.path.value_or("/");
  if (!server.address && !server.port) {
    const std::string_view operation = OperationOfKubeDiagPath(path);
    if (operation.empty()) {
      return NotAvailable("Operation " + name + ": no operation stands for the path " + path +
                          " of KubeDiag's agent; a server of your own needs address and port");
    }
    return Target{.operation = std::string(operation), .settings = {}};
  }
  Target target{.operation = "http-server", .settings = {}, .user_code = true};
  if (server.address) target.settings.emplace_back("address", *server.address);
  if (server.port) target.settings.emplace_back("port", std::to_string(*server.port));
  target.settings.emplace_back("path", path);
  target.settings.emplace_back("scheme", server.scheme.value_or("http"));
  return target;
}

Target TargetOf(const std::string& name, const api::ScriptRunner& runner) {
  Target target{.operation = "script-runner", .settings = {}, .user_code = true};
  target.settings.emplace_back("name", name);
  target.settings.emplace_back("script", runner.script);
  for (const std::string& key : runner.arg_keys) target.settings.emplace_back("arg_key", key);
  if (runner.operation_result_key) {
    target.settings.emplace_back("operation_result_key", *runner.operation_result_key);
  }
  return target;
}

Target TargetOf(const std::string& name, const api::Function& function) {
  Target target{.operation = "function", .settings = {}, .user_code = true};
  target.settings.emplace_back("name", name);
  target.settings.emplace_back("runtime", function.runtime);
  for (const auto& [file, content] : function.code_source) {
    target.settings.emplace_back("code_source/" + file, content);
  }
  return target;
}

Result<Target> TargetOf(const std::string& name, const api::Processor& processor) {
  if (processor.http_server) return TargetOf(name, *processor.http_server);
  if (processor.script_runner) return TargetOf(name, *processor.script_runner);
  if (processor.function) return TargetOf(name, *processor.function);
  if (processor.shared_object) {
    const api::SharedObject& shared = *processor.shared_object;
    return Target{.operation = shared.operation,
                  .settings = Settings(shared.settings.begin(), shared.settings.end()),
                  .kubediag_timeout = false};
  }
  return NotAvailable("Operation " + name + " has no processor");
}

std::chrono::nanoseconds TimeoutOf(const operation::OperationDescriptor& descriptor) {
  return descriptor.default_timeout.count() > 0 ? descriptor.default_timeout
                                                : kDefaultOperationTimeout;
}

}  // namespace

std::string_view OperationOfKubeDiagPath(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto* found = std::find_if(kKubeDiagPaths.begin(), kKubeDiagPaths.end(),
                                   [path](const auto& entry) { return entry.first == path; });
  return found == kKubeDiagPaths.end() ? std::string_view() : found->second;
}

Result<ResolvedOperation> Resolve(const std::string& name, const api::Operation* object,
                                  catalog::Catalog& catalog) {
  if (object == nullptr) {
    auto entry = catalog.Find(name);
    if (!entry.ok()) {
      return entry.status()
          .Annotate("there is no Operation object of this name")
          .WithReason(api::kConditionOperationNotFound);
    }
    ResolvedOperation resolved{.name = name, .entry = *std::move(entry), .settings = {}};
    resolved.timeout = TimeoutOf(resolved.entry.descriptor);
    resolved.repeatable = resolved.entry.descriptor.repeatable();
    return resolved;
  }
  KUBEDIAG_ASSIGN_OR_RETURN(Target target, TargetOf(name, object->processor));
  auto entry = catalog.Find(target.operation);
  if (!entry.ok()) {
    return entry.status()
        .Annotate("Operation " + name + " needs the module of operation " + target.operation)
        .WithReason(kReasonOperationNotAvailable);
  }
  ResolvedOperation resolved{
      .name = name, .entry = *std::move(entry), .settings = std::move(target.settings)};
  resolved.timeout = TimeoutOf(resolved.entry.descriptor);
  if (object->processor.timeout_seconds) {
    resolved.timeout = std::chrono::seconds(*object->processor.timeout_seconds);
  } else if (target.kubediag_timeout) {
    resolved.timeout = std::chrono::seconds(api::kKubeDiagOperationTimeoutSeconds);
  }
  const bool by_default = !target.user_code && resolved.entry.descriptor.repeatable();
  resolved.repeatable = object->repeatable.value_or(by_default);
  return resolved;
}

}  // namespace kubediag::diagnosis
