#include <mutex>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/kubeconfig/pem.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

class TokenFile : public CredentialSource {
 public:
  TokenFile(std::string path, std::string fallback, Clocks clocks)
      : path_(std::move(path)), token_(std::move(fallback)), clocks_(std::move(clocks)) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    const auto now = clocks_.steady();
    if (stale_ || now >= next_read_) {
      const Result<std::string> token = Read();
      if (!token.ok() && token_.empty()) return token.status();
      next_read_ = now + (token.ok() ? kTokenFilePeriod - kTokenFileLeeway : kTokenFileLeeway);
      stale_ = false;
      if (token.ok()) token_ = *token;
    }
    Credential credential;
    credential.token = token_;
    return credential;
  }

  void Invalidate(const Credential& refused) override {
    const std::lock_guard lock(mutex_);
    if (refused.token == token_) stale_ = true;
  }

 private:
  Result<std::string> Read() const {
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path_, kMaxCredentialBytes));
    auto token = CheckToken(bytes);
    if (!token.ok()) return token.status().Annotate(path_);
    return token;
  }

  const std::string path_;
  std::mutex mutex_;
  std::string token_;
  bool stale_ = true;
  std::chrono::steady_clock::time_point next_read_;
  Clocks clocks_;
};

}  // namespace

std::shared_ptr<CredentialSource> MakeTokenFile(std::string path, std::string fallback,
                                                Clocks clocks) {
  return std::make_shared<TokenFile>(std::move(path), std::move(fallback), std::move(clocks));
}

}  // namespace kubediag::kubeconfig
