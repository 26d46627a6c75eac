#include <utility>

#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

class StaticCredential : public CredentialSource {
 public:
  explicit StaticCredential(Credential credential) : credential_(std::move(credential)) {}
  Result<Credential> Get() override { return credential_; }
  void Invalidate(const Credential& /*refused*/) override {}

 private:
  const Credential credential_;
};

}  // namespace

std::shared_ptr<CredentialSource> MakeStaticCredential(Credential credential) {
  return std::make_shared<StaticCredential>(std::move(credential));
}

}  // namespace kubediag::kubeconfig
