#include <mutex>
#include <optional>
#include <utility>

#include "engine/core/limits.h"
#include "engine/kubeconfig/cluster_config.h"
#include "engine/kubeconfig/exec_command.h"
#include "engine/kubeconfig/exec_credential.h"
#include "engine/kubeconfig/sources.h"

namespace kubediag::kubeconfig {
namespace {

Result<std::string> AuthorityOf(const ExecConfig& config) {
  if (!config.provide_cluster_info) return std::string();
  ClusterConfig cluster;
  cluster.certificate_authority_data = config.cluster.certificate_authority_data;
  cluster.certificate_authority_file = config.cluster.certificate_authority_file;
  return ReadCertificateAuthority(cluster);
}

class ExecPlugin : public CredentialSource {
 public:
  ExecPlugin(ExecConfig config, Clocks clocks)
      : config_(std::move(config)), clocks_(std::move(clocks)) {}

  Result<Credential> Get() override {
    const std::lock_guard lock(mutex_);
    if (answer_ && answer_->expiry && clocks_.wall() >= *answer_->expiry - kExecCredentialLeeway) {
      answer_.reset();
    }
    if (!answer_) {
      auto answer = Ask();
      if (!answer.ok()) return answer.status().Annotate("credential plugin " + config_.command);
      answer_ = *std::move(answer);
    }
    return answer_->credential;
  }

  void Invalidate(const Credential& refused) override {
    const std::lock_guard lock(mutex_);
    if (!answer_) return;
    const Credential& mine = answer_->credential;
    const bool token_is_mine = !mine.token.empty() && mine.token == refused.token;
    const bool certificate_is_mine =
        !mine.client_certificate.empty() && mine.client_certificate == refused.client_certificate;
    if (token_is_mine || certificate_is_mine) answer_.reset();
  }

 private:
  Result<ExecAnswer> Ask() const {
    const bool interactive =
        config_.terminal && config_.interactive_mode != InteractiveMode::kNever;
    if (config_.interactive_mode == InteractiveMode::kAlways && !interactive) {
      return Status::FailedPrecondition(
          "wants to ask somebody (interactiveMode: Always), but standard input is no terminal");
    }
    const auto program = FindExecProgram(config_);
    if (!program.ok()) return WithHint(program.status());
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string authority, AuthorityOf(config_));
    const std::string info = EncodeExecInfo(config_, authority, interactive);
    const auto output = RunExecProgram(*program, config_, info, interactive);
    if (!output.ok()) {
      return output.status().code() == StatusCode::kNotFound ? WithHint(output.status())
                                                             : output.status();
    }
    return DecodeExecCredential(*output, config_.api_version);
  }

  Status WithHint(const Status& status) const {
    if (config_.install_hint.empty()) return status;
    return {status.code(), status.reason(), status.message() + "\n" + config_.install_hint};
  }

  const ExecConfig config_;
  std::mutex mutex_;
  std::optional<ExecAnswer> answer_;
  Clocks clocks_;
};

}  // namespace

std::shared_ptr<CredentialSource> MakeExecPlugin(ExecConfig config, Clocks clocks) {
  return std::make_shared<ExecPlugin>(std::move(config), std::move(clocks));
}

}  // namespace kubediag::kubeconfig
