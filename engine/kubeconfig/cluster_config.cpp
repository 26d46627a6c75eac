#include "engine/kubeconfig/cluster_config.h"

#include <unistd.h>

#include <sstream>
#include <utility>
#include <vector>

#include "engine/core/limits.h"
#include "engine/kubeconfig/config_files.h"
#include "engine/kubeconfig/in_cluster.h"
#include "engine/kubeconfig/read_context.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

std::string Variable(const Surroundings& surroundings, const char* name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? "" : found->second;
}

// What cannot be used at all is said at once, not with the first request.
Result<std::shared_ptr<CredentialSource>> MakeCredentials(UserConfig user,
                                                          const Surroundings& surroundings) {
  std::vector<std::shared_ptr<CredentialSource>> sources;
  if (!user.token_file.empty()) {
    sources.push_back(MakeTokenFile(user.token_file, user.token));
    KUBEDIAG_RETURN_IF_ERROR(sources.back()->Get().status().Annotate("tokenFile"));
  }
  Credential fixed;
  if (user.token_file.empty()) fixed.token = user.token;
  fixed.impersonation = std::move(user.impersonation);
  sources.push_back(MakeStaticCredential(std::move(fixed)));
  if (!user.certificate.empty()) {
    sources.push_back(MakeClientCertificate(user.certificate, user.key));
    KUBEDIAG_RETURN_IF_ERROR(sources.back()->Get().status().Annotate("client-certificate"));
  }
  // A token that is there already is as good as the plugin's.
  if (user.exec && user.token.empty() && user.token_file.empty()) {
    user.exec->process_environment = surroundings.environment;
    user.exec->terminal = surroundings.terminal;
    sources.push_back(MakeExecPlugin(*std::move(user.exec)));
  }
  return CombineCredentials(std::move(sources));
}

Result<ClusterConfig> FromFiles(const ConfigFiles& files, const std::string& context,
                                const Surroundings& surroundings) {
  auto found = ReadContext(files, context);
  if (!found.ok()) return found.status();
  auto credentials = MakeCredentials(std::move(found->user), surroundings);
  if (!credentials.ok()) return credentials.status().Annotate(found->user_place);
  ClusterConfig config = std::move(found->cluster);
  config.credentials = *std::move(credentials);
  return config;
}

// The files of KUBECONFIG that exist; the others are noted in `tried`.
Status AddListed(const std::string& list, ConfigFiles& files, std::vector<std::string>& tried) {
  std::istringstream paths(list);
  size_t count = 0;
  for (std::string path; std::getline(paths, path, ':');) {
    if (path.empty()) continue;
    if (++count > kMaxKubeconfigFiles) {
      return Status::ResourceExhausted("KUBECONFIG names more than " +
                                       std::to_string(kMaxKubeconfigFiles) + " files");
    }
    const Status status = files.Add(path);
    if (status.code() == StatusCode::kNotFound) {
      tried.push_back(files.PlaceOf(path) + " (of KUBECONFIG) does not exist");
      continue;
    }
    KUBEDIAG_RETURN_IF_ERROR(status);
  }
  return Status::Ok();
}

Status AddDefault(const std::string& home, ConfigFiles& files, std::vector<std::string>& tried) {
  tried.emplace_back("KUBECONFIG is not set");
  if (home.empty()) {
    tried.emplace_back("HOME is not set");
    return Status::Ok();
  }
  Status status = files.Add(home + "/.kube/config");
  if (status.code() == StatusCode::kNotFound) {
    tried.emplace_back("~/.kube/config does not exist");
    return Status::Ok();
  }
  return status;
}

}  // namespace

Surroundings Surroundings::OfThisProcess() {
  Surroundings surroundings;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    surroundings.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  surroundings.terminal = isatty(STDIN_FILENO) == 1;
  return surroundings;
}

Result<ClusterConfig> LoadClusterConfig(const LoadOptions& options) {
  const Surroundings surroundings = options.surroundings.value_or(Surroundings::OfThisProcess());
  std::string home = Variable(surroundings, "HOME");
  while (home.size() > 1 && home.back() == '/') home.pop_back();
  ConfigFiles files(home);

  if (!options.kubeconfig.empty()) {
    KUBEDIAG_RETURN_IF_ERROR(files.Add(options.kubeconfig));
    if (files.empty()) {
      return Status::NotFound(files.places() + ": holds no context");
    }
    return FromFiles(files, options.context, surroundings);
  }

  std::vector<std::string> tried;
  const std::string listed = Variable(surroundings, "KUBECONFIG");
  KUBEDIAG_RETURN_IF_ERROR(listed.empty() ? AddDefault(home, files, tried)
                                          : AddListed(listed, files, tried));
  if (!files.empty()) return FromFiles(files, options.context, surroundings);
  if (!files.places().empty()) tried.push_back(files.places() + " holds no context");
  std::string all;
  for (const std::string& one : tried) all += one + "; ";
  if (!options.context.empty()) {
    return Status::NotFound("there is no context " + options.context + ": " +
                            all.substr(0, all.size() - 2));
  }
  auto in_cluster = LoadInCluster(surroundings);
  if (in_cluster.ok() || in_cluster.status().code() != StatusCode::kNotFound) return in_cluster;
  return Status::NotFound("no API server is configured: " + all + in_cluster.status().message());
}

}  // namespace kubediag::kubeconfig
