#include <utility>

#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

class CombinedCredentials : public CredentialSource {
 public:
  explicit CombinedCredentials(std::vector<std::shared_ptr<CredentialSource>> sources)
      : sources_(std::move(sources)) {}

  Result<Credential> Get() override {
    Credential all;
    for (const auto& source : sources_) {
      KUBEDIAG_ASSIGN_OR_RETURN(Credential part, source->Get());
      if (all.token.empty()) all.token = std::move(part.token);
      if (all.client_certificate.empty()) {
        all.client_certificate = std::move(part.client_certificate);
        all.client_key = std::move(part.client_key);
      }
      if (all.impersonation == Impersonation()) all.impersonation = std::move(part.impersonation);
    }
    return all;
  }

  void Invalidate(const Credential& refused) override {
    for (const auto& source : sources_) source->Invalidate(refused);
  }

 private:
  const std::vector<std::shared_ptr<CredentialSource>> sources_;
};

}  // namespace

std::shared_ptr<CredentialSource> CombineCredentials(
    std::vector<std::shared_ptr<CredentialSource>> sources) {
  if (sources.size() == 1) return std::move(sources.front());
  return std::make_shared<CombinedCredentials>(std::move(sources));
}

}  // namespace kubediag::kubeconfig
