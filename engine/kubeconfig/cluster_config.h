// ClusterConfig: which API server to talk to, whom to believe, and who we are; no transport.
//
// Found where kubectl finds it: a file named by the user, KUBECONFIG, ~/.kube/config, and last the
// Pod we may be in. A value; the credentials are shared and thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/result.h"
#include "engine/kubeconfig/credentials.h"

namespace kubediag::kubeconfig {

struct ClusterConfig {
  // "https://host:port/path" without a slash at its end, an IPv6 host in brackets. "http://…" only
  // if no credential goes there.
  std::string server;
  // At most one is set; none: the system's certificates are believed. See
  // ReadCertificateAuthority().
  std::string certificate_authority_data;  // PEM
  std::string certificate_authority_file;  // absolute path; to be re-read, it rotates
  std::string tls_server_name;             // the name in the server's certificate, if not the host
  bool insecure_skip_tls_verify = false;
  std::string proxy_url;       // http, https or socks5; empty: none
  std::string namespace_name;  // of the context, "default" if it names none
  std::string description;     // for messages: "context admin of ~/.kube/config", "in-cluster"
  std::shared_ptr<CredentialSource> credentials;  // never null once loaded
};

// What of the process decides where to look; tests bring their own.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::string service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  bool terminal = false;  // standard input is one: a plugin may ask for a password

  static Surroundings OfThisProcess();
};

struct LoadOptions {
  std::string kubeconfig;  // --kubeconfig: this file alone, and it must exist; empty: look for one
  std::string context;     // --context; empty: the file's current-context
  std::optional<Surroundings> surroundings;  // empty: OfThisProcess()
};

// Runs no plugin and opens no connection. NotFound: nothing is configured (lists what was tried)
// or a name is missing; InvalidArgument: "~/.kube/config: users[2].user.exec.apiVersion: …";
// PermissionDenied: a credential would cross the network in the open (http).
Result<ClusterConfig> LoadClusterConfig(const LoadOptions& options);

// The certificates to trust now, PEM; empty if the configuration names none. A file is opened by
// its path each time (kubelet swaps symbolic links): cheap enough for each new connection. It has
// changed if the text differs from the last; on an error (a file caught half-written, say) go on
// with the last. Thread-safe.
Result<std::string> ReadCertificateAuthority(const ClusterConfig& config);

}  // namespace kubediag::kubeconfig
