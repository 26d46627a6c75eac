// Fuzzes what a kubeconfig goes through before any file it names is opened, and what a credential
// plugin prints.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/core/limits.h"
#include "engine/kubeconfig/config_files.h"
#include "engine/kubeconfig/exec_credential.h"
#include "engine/kubeconfig/pem.h"
#include "engine/kubeconfig/read_context.h"

namespace {

using kubediag::kubeconfig::ConfigFiles;
using kubediag::kubeconfig::ContextConfig;
using kubediag::kubeconfig::Credential;
using kubediag::kubeconfig::FitsHeader;
using kubediag::kubeconfig::Section;

// Ends the program where a sanitizer's report would.
void Demand(bool holds) {
  if (!holds) std::abort();
}

void CheckContext(const ContextConfig& context) {
  Demand(FitsHeader(context.user.token) && FitsHeader(context.user.impersonation.user));
  Demand(FitsHeader(context.cluster.server) && !context.cluster.server.empty());
  const bool http = context.cluster.server.substr(0, 6) != "https:";
  Demand(!http || (context.user.token.empty() && !context.user.exec));
  if (!context.user.exec) return;
  const std::string info = EncodeExecInfo(*context.user.exec, "", false);
  Demand(info.size() < 8 * kubediag::kMaxKubeconfigBytes);
}

void CheckPlugin(std::string_view bytes) {
  const auto answer =
      kubediag::kubeconfig::DecodeExecCredential(bytes, kubediag::kubeconfig::kExecV1);
  if (!answer.ok()) return Demand(!answer.status().message().empty());
  const Credential& credential = answer->credential;
  Demand(FitsHeader(credential.token));
  Demand(!credential.token.empty() || !credential.client_key.empty());
  Demand(credential.client_certificate.empty() == credential.client_key.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckPlugin(bytes);
  ConfigFiles files("/home/fuzz");
  if (!files.AddBytes("/home/fuzz/.kube/config", bytes).ok()) return 0;
  for (const std::string& name : files.Names(Section::kContexts)) {
    const auto context = ReadContext(files, name);
    if (context.ok()) CheckContext(*context);
  }
  return 0;
}
