#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/kubeconfig/cluster_config.h"
#include "engine/kubeconfig/pem.h"

namespace kubediag::kubeconfig {

Result<std::string> ReadCertificateAuthority(const ClusterConfig& config) {
  if (config.certificate_authority_file.empty()) return config.certificate_authority_data;
  KUBEDIAG_ASSIGN_OR_RETURN(std::string pem,
                            ReadFile(config.certificate_authority_file, kMaxCredentialBytes));
  const Status status = CheckCertificates(pem);
  if (!status.ok()) return status.Annotate(config.certificate_authority_file);
  return pem;
}

}  // namespace kubediag::kubeconfig
