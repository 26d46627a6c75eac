#include <filesystem>

#include "engine/core/base64.h"
#include "engine/kubeconfig/pem.h"
#include "engine/kubeconfig/read_context.h"
#include "engine/kubeconfig/server_url.h"

namespace kubediag::kubeconfig {

std::string AbsolutePath(const std::string& path, const std::string& folder) {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

Result<Material> ReadMaterial(const Field& data_field, const Field& file_field,
                              const std::string& folder) {
  Material material;
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string data, data_field.Text());
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string file, file_field.Text());
  if (data.empty()) {
    material.file = AbsolutePath(file, folder);
    return material;
  }
  const auto bytes = DecodeBase64(data);
  if (!bytes || bytes->empty()) return data_field.Error("is not base64");
  material.data = *bytes;
  return material;
}

Result<ClusterConfig> ReadCluster(const NamedEntry& entry) {
  const Field& body = entry.body;
  KUBEDIAG_RETURN_IF_ERROR(body.CheckMap());
  ClusterConfig cluster;
  const Field data = body.At("certificate-authority-data");
  KUBEDIAG_ASSIGN_OR_RETURN(Material authority,
                            ReadMaterial(data, body.At("certificate-authority"), entry.folder));
  if (!authority.data.empty()) {
    const Status status = CheckCertificates(authority.data);
    if (!status.ok()) return data.Annotate(status);
  }
  const Field insecure = body.At("insecure-skip-tls-verify");
  KUBEDIAG_ASSIGN_OR_RETURN(cluster.insecure_skip_tls_verify, insecure.Flag());
  if (cluster.insecure_skip_tls_verify && !authority.empty()) {
    return insecure.Error("contradicts the certificate authority given beside it: take one out");
  }

  const Field server = body.At("server");
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string url, server.Text());
  const auto checked = CheckServerUrl(url, cluster.insecure_skip_tls_verify || !authority.empty());
  if (!checked.ok()) return server.Annotate(checked.status());
  cluster.server = *checked;

  const Field name = body.At("tls-server-name");
  KUBEDIAG_ASSIGN_OR_RETURN(cluster.tls_server_name, name.Text());
  if (cluster.tls_server_name.find_first_of(" /:\t\r\n") != std::string::npos) {
    return name.Error("is not a host name");
  }
  const Field proxy = body.At("proxy-url");
  KUBEDIAG_ASSIGN_OR_RETURN(cluster.proxy_url, proxy.Text());
  const Status proxy_status = CheckProxyUrl(cluster.proxy_url);
  if (!proxy_status.ok()) return proxy.Annotate(proxy_status);

  cluster.certificate_authority_data = std::move(authority.data);
  cluster.certificate_authority_file = std::move(authority.file);
  return cluster;
}

}  // namespace kubediag::kubeconfig
