// ExecCredential: the JSON a credential plugin is told and what it answers with. Pure functions;
// messages never repeat what a plugin has printed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/kubeconfig/credentials.h"
#include "engine/kubeconfig/exec_config.h"

namespace kubediag::kubeconfig {

inline constexpr std::string_view kExecV1 = "client.authentication.k8s.io/v1";
inline constexpr std::string_view kExecV1Beta1 = "client.authentication.k8s.io/v1beta1";

// The value of KUBERNETES_EXEC_INFO. `certificate_authority`: PEM, of config.cluster.
std::string EncodeExecInfo(const ExecConfig& config, std::string_view certificate_authority,
                           bool interactive);

struct ExecAnswer {
  Credential credential;  // a token, or a certificate with its key, or both
  std::optional<std::chrono::sys_seconds> expiry;
};

// InvalidArgument names the field: "status.expirationTimestamp: …".
Result<ExecAnswer> DecodeExecCredential(std::string_view output, std::string_view api_version);

}  // namespace kubediag::kubeconfig
