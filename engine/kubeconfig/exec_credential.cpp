#include "engine/kubeconfig/exec_credential.h"

#include <nlohmann/json.hpp>

#include "engine/core/base64.h"
#include "engine/core/rfc3339.h"
#include "engine/kubeconfig/pem.h"

namespace kubediag::kubeconfig {
namespace {

using Json = nlohmann::json;

Json EncodeCluster(const ExecCluster& cluster, std::string_view certificate_authority) {
  Json json = {{"server", cluster.server}};
  if (!cluster.tls_server_name.empty()) json["tls-server-name"] = cluster.tls_server_name;
  if (cluster.insecure_skip_tls_verify) json["insecure-skip-tls-verify"] = true;
  if (!certificate_authority.empty()) {
    json["certificate-authority-data"] = EncodeBase64(certificate_authority);
  }
  if (!cluster.proxy_url.empty()) json["proxy-url"] = cluster.proxy_url;
  if (!cluster.config_json.empty())
    json["config"] = Json::parse(cluster.config_json, nullptr, false);
  return json;
}

// Of an object: a text, empty if it is absent or null.
Result<std::string> TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) {
    return Status::InvalidArgument(std::string("status.") + key + ": is not a string");
  }
  return found->get<std::string>();
}

// `root[key]` is exactly `expected`.
Status Expect(const Json& root, const char* key, std::string_view expected) {
  const auto found = root.find(key);
  const auto* const text = found == root.end() ? nullptr : found->get_ptr<const Json::string_t*>();
  if (text != nullptr && *text == expected) return Status::Ok();
  return Status::InvalidArgument(std::string(key) + ": is not " + std::string(expected));
}

Result<Credential> DecodeStatus(const Json& status) {
  Credential credential;
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string token, TextOf(status, "token"));
  KUBEDIAG_ASSIGN_OR_RETURN(credential.client_certificate, TextOf(status, "clientCertificateData"));
  KUBEDIAG_ASSIGN_OR_RETURN(credential.client_key, TextOf(status, "clientKeyData"));
  if (!token.empty()) {
    const auto checked = CheckToken(token);
    if (!checked.ok()) return checked.status().Annotate("status.token");
    credential.token = *checked;
  }
  const bool has_pair = !credential.client_certificate.empty() || !credential.client_key.empty();
  if (!has_pair && token.empty()) {
    return Status::InvalidArgument("status: holds neither a token nor a client certificate");
  }
  if (has_pair) {
    if (credential.client_certificate.empty()) {
      return Status::InvalidArgument("status.clientCertificateData: is missing beside the key");
    }
    if (credential.client_key.empty()) {
      return Status::InvalidArgument("status.clientKeyData: is missing beside the certificate");
    }
    Status valid = CheckCertificates(credential.client_certificate);
    if (valid.ok()) valid = CheckKeyPair(credential.client_certificate, credential.client_key);
    KUBEDIAG_RETURN_IF_ERROR(valid.Annotate("status.clientCertificateData"));
  }
  return credential;
}

}  // namespace

std::string EncodeExecInfo(const ExecConfig& config, std::string_view certificate_authority,
                           bool interactive) {
  Json spec = {{"interactive", interactive}};
  if (config.provide_cluster_info) {
    spec["cluster"] = EncodeCluster(config.cluster, certificate_authority);
  }
  const Json info = {
      {"apiVersion", config.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ExecAnswer> DecodeExecCredential(std::string_view output, std::string_view api_version) {
  const Json root = Json::parse(output, nullptr, false);
  if (root.is_discarded() || !root.is_object()) {
    return Status::InvalidArgument("what it printed is not a JSON object");
  }
  KUBEDIAG_RETURN_IF_ERROR(Expect(root, "kind", "ExecCredential"));
  KUBEDIAG_RETURN_IF_ERROR(Expect(root, "apiVersion", api_version));
  const auto status = root.find("status");
  if (status == root.end() || !status->is_object()) {
    return Status::InvalidArgument("status: is missing");
  }
  ExecAnswer answer;
  KUBEDIAG_ASSIGN_OR_RETURN(answer.credential, DecodeStatus(*status));
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string expiry, TextOf(*status, "expirationTimestamp"));
  if (!expiry.empty()) {
    answer.expiry = ParseRfc3339(expiry);
    if (!answer.expiry) {
      return Status::InvalidArgument("status.expirationTimestamp: is no time (RFC 3339)");
    }
  }
  return answer;
}

}  // namespace kubediag::kubeconfig
