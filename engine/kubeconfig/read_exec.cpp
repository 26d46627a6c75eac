#include "engine/core/limits.h"
#include "engine/kubeconfig/exec_credential.h"
#include "engine/kubeconfig/read_context.h"

namespace kubediag::kubeconfig {
namespace {

constexpr std::string_view kExtensionName = "client.authentication.k8s.io/exec";

Result<InteractiveMode> ReadInteractiveMode(const Field& exec, std::string_view api_version) {
  const Field field = exec.At("interactiveMode");
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string mode, field.Text());
  if (mode == "Never") return InteractiveMode::kNever;
  if (mode == "IfAvailable") return InteractiveMode::kIfAvailable;
  if (mode == "Always") return InteractiveMode::kAlways;
  if (!mode.empty()) return field.Error("is none of Never, IfAvailable, Always");
  if (api_version == kExecV1) {
    return field.Error("is missing: " + std::string(kExecV1) + " wants it");
  }
  return InteractiveMode::kIfAvailable;
}

// A text that execve(2) can take.
Result<std::string> ArgumentText(const Field& field) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string text, field.Text());
  if (text.find('\0') != std::string::npos) return field.Error("holds a NUL character");
  return text;
}

Result<std::vector<std::pair<std::string, std::string>>> ReadEnvironment(const Field& list) {
  std::vector<std::pair<std::string, std::string>> environment;
  KUBEDIAG_ASSIGN_OR_RETURN(const std::vector<Field> items, list.Items());
  for (const Field& item : items) {
    KUBEDIAG_RETURN_IF_ERROR(item.CheckMap());
    KUBEDIAG_ASSIGN_OR_RETURN(std::string name, item.At("name").Text());
    KUBEDIAG_ASSIGN_OR_RETURN(std::string value, ArgumentText(item.At("value")));
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return item.At("name").Error("is not the name of a variable");
    }
    environment.emplace_back(std::move(name), std::move(value));
  }
  return environment;
}

// The cluster's extension for plugins, as JSON; empty if it has none.
Result<std::string> ReadExtension(const Field& cluster) {
  KUBEDIAG_ASSIGN_OR_RETURN(const std::vector<Field> items, cluster.At("extensions").Items());
  for (const Field& item : items) {
    KUBEDIAG_RETURN_IF_ERROR(item.CheckMap());
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string name, item.At("name").Text());
    const Field extension = item.At("extension");
    if (name != kExtensionName || !extension.present()) continue;
    auto json = ConfigNodeToJson(*extension.node(), kMaxExecConfigBytes);
    if (!json.ok()) return extension.Annotate(json.status());
    return json;
  }
  return std::string();
}

}  // namespace

Result<ExecConfig> ReadExec(const Field& exec, const std::string& folder,
                            const ClusterConfig& cluster, const NamedEntry& cluster_entry) {
  KUBEDIAG_RETURN_IF_ERROR(exec.CheckMap());
  ExecConfig config;
  KUBEDIAG_ASSIGN_OR_RETURN(config.command, ArgumentText(exec.At("command")));
  if (config.command.empty()) return exec.At("command").Error("is missing");
  KUBEDIAG_ASSIGN_OR_RETURN(const std::vector<Field> arguments, exec.At("args").Items());
  for (const Field& argument : arguments) {
    KUBEDIAG_ASSIGN_OR_RETURN(std::string text, ArgumentText(argument));
    config.arguments.push_back(std::move(text));
  }
  if (config.command.find('/') != std::string::npos) {
    config.command = AbsolutePath(config.command, folder);
  }
  const Field api_version = exec.At("apiVersion");
  KUBEDIAG_ASSIGN_OR_RETURN(config.api_version, api_version.Text());
  if (config.api_version != kExecV1 && config.api_version != kExecV1Beta1) {
    return api_version.Error("is neither " + std::string(kExecV1) + " nor v1beta1");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(config.interactive_mode, ReadInteractiveMode(exec, config.api_version));
  KUBEDIAG_ASSIGN_OR_RETURN(config.environment, ReadEnvironment(exec.At("env")));
  KUBEDIAG_ASSIGN_OR_RETURN(config.install_hint, exec.At("installHint").Text());
  KUBEDIAG_ASSIGN_OR_RETURN(config.provide_cluster_info, exec.At("provideClusterInfo").Flag());
  if (!config.provide_cluster_info) return config;
  config.cluster = {cluster.server,
                    cluster.tls_server_name,
                    cluster.insecure_skip_tls_verify,
                    cluster.certificate_authority_data,
                    cluster.certificate_authority_file,
                    cluster.proxy_url,
                    ""};
  KUBEDIAG_ASSIGN_OR_RETURN(config.cluster.config_json, ReadExtension(cluster_entry.body));
  return config;
}

}  // namespace kubediag::kubeconfig
