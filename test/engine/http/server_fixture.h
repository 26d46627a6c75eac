// ServerFixture: a server on a port of its own with a few routes that tests need.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "engine/core/logging.h"
#include "engine/http/handler.h"
#include "engine/http/listen.h"
#include "engine/http/server.h"

namespace kubediag::http {

// A handler that holds on until it is released or asked to stop, and tells what happened.
class Gate {
 public:
  Response Pass(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    const bool released = changed_.wait(lock, stop, [this] { return released_; });
    if (!released) ++cancelled_;
    changed_.notify_all();
    return Response::Text(released ? 200 : 503, released ? "released" : "cancelled");
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  bool AwaitEntered(int count) { return Await(entered_, count); }
  bool AwaitCancelled(int count) { return Await(cancelled_, count); }

 private:
  bool Await(const int& counter, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return counter >= count; });
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool released_ = false;
  int entered_ = 0;
  int cancelled_ = 0;
};

class ServerFixture : public testing::Test {
 protected:
  ServerFixture() {
    router_.Get("/hello", [](const Request&, const std::stop_token&) {
      return Response::Text(200, "hello");
    });
    router_.Get("/echo", [](const Request& request, const std::stop_token&) {
      return Response::Text(200, request.QueryValue("text").value_or("none"));
    });
    router_.Post("/echo", [](const Request& request, const std::stop_token&) {
      return Response::Text(200, request.body);
    });
    router_.Get("/gate",
                [this](const Request&, const std::stop_token& stop) { return gate_.Pass(stop); });
    router_.Get("/throw", [](const Request&, const std::stop_token&) -> Response {
      throw std::runtime_error("as the test wants");
    });
    router_.Get("/split", [](const Request&, const std::stop_token&) {
      Response response = Response::Text(200, "x");
      response.headers.push_back({"X-Foreign", "a\r\nSet-Cookie: b"});
      return response;
    });
  }

  void Start(const ServerOptions& options = {}) {
    auto listener = Listen("127.0.0.1", 0);
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    port_ = *LocalPort(listener->get());
    auto server = Server::Start(*std::move(listener), router_, *logger_, options);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  Gate gate_;
  Router router_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

}  // namespace kubediag::http
