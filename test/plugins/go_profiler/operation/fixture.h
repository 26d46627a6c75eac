// A demonstration API server, a fake host that may ask it, and a bare HTTP client for the page.
#pragma once

#include <gtest/gtest.h>
#include <kubediag/fake_host.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/go_profiler/demo/api_server.h"
#include "plugins/go_profiler/demo/certificate.h"
#include "plugins/go_profiler/operation/keys.h"

namespace kubediag::go_profiler {

inline constexpr char kToken[] = "demonstration-token";

class GoProfilerTest : public ::testing::Test {
 protected:
  GoProfilerTest();

  // The tutorial's parameters for `type`, source with `path` behind the server's URL.
  void Ask(const std::string& type, const std::string& path = "");
  // Runs until the page is served, then ends it.
  FakeRun RunToPage();
  std::vector<demo::Request> Seen() const;
  // Names in the last run's artifact folder.
  std::vector<std::string> Files() const;

  demo::Certificates certificates_;
  std::unique_ptr<demo::ApiServer> api_server_;
  std::unique_ptr<demo::Server> server_;
  FakeHost host_;
  std::string served_instead_;  // not empty: the path whose recording is served for any other

 private:
  demo::Handler Recording();
  mutable std::mutex mutex_;
  std::vector<demo::Request> seen_;
};

// The status line and all that follows of GET `url`; "" if nobody answers.
std::string Get(const std::string& url);

}  // namespace kubediag::go_profiler
