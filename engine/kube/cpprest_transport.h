// CpprestTransport: a Transport on cpprestsdk's http_client.
//
// Trusts the cluster's CA alone and TLS from 1.2 on, never follows a redirect, asks for no
// compression. Deadlines and cancellation are our own and prompt, whatever the connection is doing.
// A stream has a connection to itself; other requests share a pool, which is thrown away after an
// error of the connection, a change of the CA or of the client certificate. Credentials are asked
// for at each request; after 401 once more.
//
// The library believes what an API server sends: a chunk size of -1 ends the process. Never point
// it at anything else.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/core/limits.h"
#include "engine/core/result.h"
#include "engine/kube/transport.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::kube {

// Once, from main(), before any other thread: a pool of four threads instead of forty, and no
// parsing of the system's certificate bundle at each connection (35 ms). The variables it sets for
// that, SSL_CERT_FILE and SSL_CERT_DIR, are not for child processes: who runs credential plugins
// takes kubeconfig::Surroundings::OfThisProcess() first.
void InitializeHttpLibrary();

struct TransportOptions {
  std::string user_agent;     // "kubediag-agent/0.1.0 (linux/amd64)"
  size_t max_body_bytes = 0;  // of an answer; 0: kMaxApiResponseBytes
  std::chrono::milliseconds stream_start_timeout = kWatchStartTimeout;  // tests shorten it
};

// InvalidArgument: the configuration cannot be used (an IPv6 literal as server, which the library
// cannot dial; http with credentials or client certificates; a proxy other than http; certificates
// that are none). Opens no connection.
Result<std::unique_ptr<Transport>> MakeTransport(kubeconfig::ClusterConfig config,
                                                 TransportOptions options);

}  // namespace kubediag::kube
