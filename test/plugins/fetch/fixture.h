// A demonstration API server on loopback and the real kubediag-fetch to ask it with.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/fetch/client.h"
#include "plugins/go_profiler/demo/api_server.h"
#include "plugins/go_profiler/demo/certificate.h"

namespace kubediag::fetch {

inline constexpr char kToken[] = "demonstration-token";

class FetchTest : public ::testing::Test {
 protected:
  FetchTest();

  // Serves the recordings with a certificate for `names`; remembers what it was asked.
  std::unique_ptr<demo::Server> StartApiServer(const std::string& address = "127.0.0.1");
  std::unique_ptr<demo::Server> StartPlain();
  // What the servers of this test were asked so far.
  std::vector<demo::Request> Seen() const;

  // A request that succeeds: right CA, token and permission.
  Request Good(const std::string& url) const;
  Result<FetchedBody> Ask(const Request& request) const;
  std::string ReasonOfAsking(const Request& request) const {
    return Ask(request).status().reason();
  }

  demo::Certificates certificates_;

 private:
  demo::Handler Recording();

  mutable std::mutex mutex_;
  std::vector<demo::Request> seen_;
  std::string redirect_to_ = "http://127.0.0.1:1/";

 protected:
  std::unique_ptr<demo::ApiServer> api_server_;
};

std::string LibexecDirectory();
std::string RecordingsDirectory();

}  // namespace kubediag::fetch
