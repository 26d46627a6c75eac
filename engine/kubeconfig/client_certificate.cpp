#include <mutex>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/kubeconfig/pem.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

class ClientCertificate : public CredentialSource {
 public:
  ClientCertificate(Material certificate, Material key, Clocks clocks)
      : certificate_(std::move(certificate)), key_(std::move(key)), clocks_(std::move(clocks)) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    const auto now = clocks_.steady();
    if (stale_ || now >= next_read_) {
      Result<Credential> pair = Read();
      if (!pair.ok() && pair_.client_certificate.empty()) return pair.status();
      next_read_ = now + (pair.ok() ? kClientCertificatePeriod : kTokenFileLeeway);
      stale_ = false;
      if (pair.ok()) pair_ = *std::move(pair);
    }
    return pair_;
  }

  void Invalidate(const Credential& refused) override {
    const std::lock_guard lock(mutex_);
    if (refused.client_certificate == pair_.client_certificate) stale_ = true;
  }

 private:
  static Result<std::string> Load(const Material& material) {
    if (!material.data.empty()) return material.data;
    return ReadFile(material.file, kMaxCredentialBytes);
  }

  Result<Credential> Read() const {
    Credential pair;
    KUBEDIAG_ASSIGN_OR_RETURN(pair.client_certificate, Load(certificate_));
    KUBEDIAG_ASSIGN_OR_RETURN(pair.client_key, Load(key_));
    Status status = CheckCertificates(pair.client_certificate).Annotate("the certificate");
    if (status.ok()) status = CheckKeyPair(pair.client_certificate, pair.client_key);
    if (!status.ok())
      return certificate_.file.empty() ? status : status.Annotate(certificate_.file);
    return pair;
  }

  const Material certificate_;
  const Material key_;
  std::mutex mutex_;
  Credential pair_;
  bool stale_ = true;
  std::chrono::steady_clock::time_point next_read_;
  Clocks clocks_;
};

}  // namespace

std::shared_ptr<CredentialSource> MakeClientCertificate(Material certificate, Material key,
                                                        Clocks clocks) {
  return std::make_shared<ClientCertificate>(std::move(certificate), std::move(key),
                                             std::move(clocks));
}

}  // namespace kubediag::kubeconfig
