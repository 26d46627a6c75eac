// PageConnection: a way from this machine to the page of a Diagnosis: through `kubectl
// port-forward` to the agent's Pod of that node, or straight to the node's address.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/cli/kubectl/cluster.h"
#include "engine/cli/kubectl/page.h"
#include "engine/cli/kubectl/port_forward.h"

namespace kubediag::cli {

struct PageOptions {
  bool direct = false;  // the page's own address
  uint16_t local_port = 0;
  std::string agent_namespace = "kubediag";
};

// --direct, --port and --agent-namespace. `options` must outlive the parsing.
void AddPageOptions(CLI::App& command, PageOptions& options);

class PageConnection {
 public:
  // Of the Diagnosis `name` in the cluster's namespace. Errors say what is missing.
  static Result<PageConnection> Open(Cluster& cluster, const KubectlOptions& kubectl,
                                     const api::Diagnosis& diagnosis, const PageOptions& options,
                                     const std::stop_token& stop);

  // The page as this machine reaches it.
  const PageAddress& page() const { return page_; }
  bool forwarded() const { return forward_ != nullptr; }
  // Of a forwarded one: until `stop`, Ok, or until kubectl ends, Unavailable.
  Status WaitUntil(const std::stop_token& stop) { return forward_->WaitUntil(stop); }

  // Ok if the page answers. FailedPrecondition: it has expired; Unavailable: nobody answers.
  Status Check(const std::stop_token& stop) const;

 private:
  PageAddress page_;
  std::unique_ptr<PortForward> forward_;
};

// What an answer other than 200 says of the page.
Status StatusOfPage(int http_status);

}  // namespace kubediag::cli
