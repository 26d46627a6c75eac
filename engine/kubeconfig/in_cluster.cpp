#include "engine/kubeconfig/in_cluster.h"

#include <string>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/kubeconfig/server_url.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

std::string Variable(const Surroundings& surroundings, const char* name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? "" : found->second;
}

std::string NamespaceOf(const std::string& folder) {
  auto text = ReadFile(folder + "/namespace", kMaxCredentialBytes);
  if (!text.ok()) return "default";
  while (!text->empty() && static_cast<unsigned char>(text->back()) <= ' ') text->pop_back();
  return text->empty() ? "default" : *text;
}

}  // namespace

Result<ClusterConfig> LoadInCluster(const Surroundings& surroundings) {
  const std::string host = Variable(surroundings, "KUBERNETES_SERVICE_HOST");
  const std::string port = Variable(surroundings, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return Status::NotFound(
        "not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set)");
  }
  ClusterConfig config;
  config.description = "in-cluster";
  const auto server = CheckServerUrl("https://" + HostAndPort(host, port), true);
  if (!server.ok()) {
    return server.status().Annotate(
        "in-cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT");
  }
  config.server = *server;
  const std::string& folder = surroundings.service_account_folder;
  config.certificate_authority_file = folder + "/ca.crt";
  config.namespace_name = NamespaceOf(folder);
  config.credentials = MakeTokenFile(folder + "/token", "");

  Status status = config.credentials->Get().status();
  if (status.ok()) status = ReadCertificateAuthority(config).status();
  if (status.ok()) return config;
  if (status.code() != StatusCode::kNotFound) return status.Annotate("in-cluster");
  return Status::NotFound("in-cluster: " + status.message() +
                          ": is automountServiceAccountToken false in the Pod's spec?");
}

}  // namespace kubediag::kubeconfig
