#include "engine/cli/kubectl/page_connection.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "engine/api/names.h"
#include "engine/cli/checked.h"
#include "engine/cli/kubectl/agent_pod.h"
#include "engine/core/limits.h"
#include "engine/http/download.h"
#include "engine/process/find_program.h"

namespace kubediag::cli {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

std::vector<std::string> EnvironmentOf(const kubeconfig::Surroundings& surroundings) {
  std::vector<std::string> environment;
  environment.reserve(surroundings.environment.size());
  for (const auto& [name, value] : surroundings.environment) {
    environment.push_back(std::string(name).append("=").append(value));
  }
  return environment;
}

Result<std::string> FindKubectl(const kubeconfig::Surroundings& surroundings) {
  const auto path = surroundings.environment.find("PATH");
  auto found =
      process::FindProgram("kubectl", path == surroundings.environment.end() ? "" : path->second);
  if (!found.ok()) return found.status().Annotate("kubectl, which forwards the port");
  return found;
}

}  // namespace

void AddPageOptions(CLI::App& command, PageOptions& options) {
  command.add_flag("--direct", options.direct,
                   "Go to the node's own address instead of forwarding a port: where that is "
                   "within reach, no right on Pods is needed");
  command.add_option("--port", options.local_port, "Local port that is forwarded [any free one]")
      ->type_name("PORT");
  command
      .add_option("--agent-namespace", options.agent_namespace,
                  "Namespace of the agents' Pods [kubediag]")
      ->type_name("NAME")
      ->check(Checked([](const std::string& text) {
        return api::IsDnsLabel(text) ? Status::Ok()
                                     : Status::InvalidArgument(text + " is no name of a namespace");
      }));
}

Result<PageConnection> PageConnection::Open(Cluster& cluster, const KubectlOptions& kubectl,
                                            const api::Diagnosis& diagnosis,
                                            const PageOptions& options,
                                            const std::stop_token& stop) {
  PageConnection connection;
  KUBEDIAG_ASSIGN_OR_RETURN(connection.page_, PageOf(diagnosis));
  if (options.direct) return connection;
  const std::string& node = diagnosis.spec.node_name;
  KUBEDIAG_ASSIGN_OR_RETURN(const api::Value pods,
                            cluster.ListPods(options.agent_namespace, kAgentLabels, node));
  PortForwardRequest request;
  KUBEDIAG_ASSIGN_OR_RETURN(request.pod, ChooseAgentPod(pods, options.agent_namespace, node));
  KUBEDIAG_ASSIGN_OR_RETURN(request.kubectl, FindKubectl(cluster.surroundings()));
  request.environment = EnvironmentOf(cluster.surroundings());
  request.kubeconfig = kubectl.cluster.kubeconfig;
  request.context = kubectl.cluster.context;
  request.namespace_name = options.agent_namespace;
  request.port = connection.page_.port;
  request.local_port = options.local_port;
  KUBEDIAG_ASSIGN_OR_RETURN(connection.forward_,
                            PortForward::Start(request, Deadline::After(kForwardTimeout), stop));
  connection.page_.host = kLoopback;
  connection.page_.port = connection.forward_->port();
  return connection;
}

Status PageConnection::Check(const std::stop_token& stop) const {
  const auto drop = [](std::string_view) { return Status::Ok(); };
  const auto answer =
      http::Download({.host = page_.host, .port = page_.port, .target = page_.path}, drop, stop);
  if (!answer.ok()) return answer.status().Annotate("the page at " + page_.Url());
  return StatusOfPage(*answer);
}

Status StatusOfPage(int http_status) {
  constexpr int kOk = 200;
  constexpr int kNotFound = 404;
  constexpr int kGone = 410;
  if (http_status == kOk) return Status::Ok();
  if (http_status == kGone || http_status == kNotFound) {
    return Status::FailedPrecondition("the page has expired; run the Diagnosis anew");
  }
  return Status::Unavailable("the page answers with HTTP status " + std::to_string(http_status));
}

}  // namespace kubediag::cli
