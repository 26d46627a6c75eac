// A transport, and a server of ours for it to talk to.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/kube/cpprest_transport.h"
#include "plugins/go_profiler/demo/certificate.h"
#include "plugins/go_profiler/demo/server.h"

namespace kubediag::kube {

// Gives one credential after another: Invalidate() moves on to the next, the last one stays.
class ScriptedCredentials : public kubeconfig::CredentialSource {
 public:
  explicit ScriptedCredentials(std::vector<kubeconfig::Credential> credentials)
      : credentials_(std::move(credentials)) {}

  Result<kubeconfig::Credential> Get() override;
  void Invalidate(const kubeconfig::Credential& refused) override;
  int invalidated() const { return invalidated_; }

 private:
  std::mutex mutex_;
  std::vector<kubeconfig::Credential> credentials_;
  size_t next_ = 0;
  std::atomic<int> invalidated_ = 0;
};

kubeconfig::Credential Token(const std::string& token);

class TransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { InitializeHttpLibrary(); }

  // Servers of this test remember what they were asked. `names` are those of the certificate.
  std::unique_ptr<demo::Server> StartTls(demo::Handler handler,
                                         const std::vector<std::string>& names = {"127.0.0.1"},
                                         uint16_t port = 0);
  std::unique_ptr<demo::Server> StartPlain(demo::Handler handler);
  std::vector<demo::Request> Seen() const;

  // Believes the last certificate's authority; with this token, or anonymous.
  kubeconfig::ClusterConfig Config(const std::string& url, const std::string& token = "") const;
  std::unique_ptr<Transport> Make(const kubeconfig::ClusterConfig& config, size_t max_body = 0);

  demo::Certificates certificates_;

 private:
  demo::Handler Recording(demo::Handler handler);

  mutable std::mutex mutex_;
  std::vector<demo::Request> seen_;
};

// A handler that answers, and one that says nothing until the client leaves.
demo::Handler Answering(demo::Response response);
bool Stall(const demo::Request& request, demo::Connection& connection);

}  // namespace kubediag::kube
