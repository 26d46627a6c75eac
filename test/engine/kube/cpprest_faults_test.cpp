// Servers that fail: the transport ends in time and says so.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "engine/core/unique_fd.h"
#include "test/engine/kube/transport_fixture.h"

namespace kubediag::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFarAway{20};

// Longer than any deadline here, shorter than a hang.
template <typename Function>
auto Prompt(const Function& function) {
  const auto begin = Deadline::Clock::now();
  auto result = function();
  EXPECT_LT(Deadline::Clock::now() - begin, seconds(10));
  return result;
}

TEST_F(TransportTest, DeadlineEndsARequestThatIsNotAnswered) {
  const auto server = StartTls(Stall);
  const auto transport = Make(Config(server->url(), "t"));
  const auto answer = Prompt(
      [&] { return transport->Send({.target = "/x"}, Deadline::After(milliseconds(300)), {}); });
  EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded) << answer.status().ToString();
}

TEST_F(TransportTest, DeadlineEndsAnAnswerThatDrips) {
  std::atomic<int> written = 0;
  const auto server = StartPlain([&](const demo::Request&, demo::Connection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (; connection.Write("x"); ++written) std::this_thread::sleep_for(milliseconds(10));
    return false;
  });
  const auto transport = Make(Config(server->url()));
  const auto answer = Prompt(
      [&] { return transport->Send({.target = "/x"}, Deadline::After(milliseconds(500)), {}); });
  EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded) << answer.status().ToString();
  EXPECT_GT(written, 1);
}

TEST_F(TransportTest, DeadlineEndsAConnectionWhoseOtherEndIsGone) {
  // The kernel accepts; nobody ever reads.
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener.get(), 8), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string place = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  auto made = demo::MakeCertificates({.names = {"127.0.0.1"}});
  ASSERT_TRUE(made.ok());
  certificates_ = *made;
  for (const char* const scheme : {"http://", "https://"}) {
    const auto transport = Make(Config(scheme + place));
    const auto answer = Prompt(
        [&] { return transport->Send({.target = "/x"}, Deadline::After(milliseconds(300)), {}); });
    EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded)
        << scheme << answer.status().ToString();
  }
}

TEST_F(TransportTest, NobodyListeningIsUnavailableAtOnce) {
  std::string url;
  {
    const auto server = StartPlain(Stall);
    url = server->url();
  }
  const auto transport = Make(Config(url));
  const auto answer =
      Prompt([&] { return transport->Send({.target = "/x"}, Deadline::After(kFarAway), {}); });
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable) << answer.status().ToString();
  EXPECT_EQ(answer.status().message(),
            url + ": no connection could be made: nothing listens there, or nothing gets there");
}

TEST_F(TransportTest, AHostThatThereIsNotIsToldAsThat) {
  // Longer than a label may be: no name server is asked.
  const std::string url = "http://" + std::string(64, 'a') + ":1";
  const auto transport = Make(Config(url));
  const auto answer =
      Prompt([&] { return transport->Send({.target = "/x"}, Deadline::After(kFarAway), {}); });
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable) << answer.status().ToString();
  EXPECT_EQ(answer.status().message(), url + ": there is no host of this name");
}

// An answer cut off anywhere is never taken for a shorter one.
TEST_F(TransportTest, AnswerCutAtAnyByteIsUnavailable) {
  const std::string forms[] = {
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n"
      "{\"items\":[1,2,3,4]}\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\n{\"items\":[\r\n9\r\n1,2,3,4]}\r\n0\r\n\r\n"};
  std::string bytes;
  const auto server = StartPlain([&](const demo::Request&, demo::Connection& connection) {
    connection.Write(bytes);
    return false;
  });
  const auto transport = Make(Config(server->url()));
  for (const std::string& form : forms) {
    // The last CRLF of a chunked answer tells nothing that its last chunk has not.
    const size_t whole =
        form.size() - (form.back() == '\n' && form[form.size() - 3] == '\n' ? 2 : 0);
    for (size_t cut = 0; cut < whole; ++cut) {
      bytes = form.substr(0, cut);
      const auto answer = transport->Send({.target = "/x"}, Deadline::After(kFarAway), {});
      ASSERT_EQ(answer.status().code(), StatusCode::kUnavailable)
          << "cut at " << cut << " of " << form;
    }
    bytes = form;
    const auto answer = transport->Send({.target = "/x"}, Deadline::After(kFarAway), {});
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->status, 200);
  }
}

TEST_F(TransportTest, StreamCutOffIsUnavailableAfterAllThatArrived) {
  const auto server = StartTls([](const demo::Request&, demo::Connection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n5\r\nse");
    return false;
  });
  std::string got;
  const auto transport = Make(Config(server->url(), "t"));
  const auto answer = Prompt([&] {
    return transport->Stream({.target = "/x"}, kFarAway,
                             [&](std::string_view bytes) {
                               got += bytes;
                               return Status::Ok();
                             },
                             {});
  });
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable) << answer.status().ToString();
  EXPECT_EQ(got, "first");
}

TEST_F(TransportTest, SilentStreamEndsAfterItsIdleTime) {
  const auto server = StartPlain([](const demo::Request& request, demo::Connection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    return Stall(request, connection);
  });
  const auto transport = Make(Config(server->url()));
  const auto answer = Prompt([&] {
    return transport->Stream({.target = "/x"}, seconds(1),
                             [](std::string_view) { return Status::Ok(); }, {});
  });
  EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded) << answer.status().ToString();
}

TEST_F(TransportTest, StreamThatIsNotAnsweredEndsLongBeforeItsIdleTime) {
  const auto server = StartTls(Stall);
  auto transport = MakeTransport(Config(server->url(), "t"),
                                 {.user_agent = "test", .stream_start_timeout = milliseconds(300)});
  ASSERT_TRUE(transport.ok()) << transport.status().ToString();
  const auto answer = Prompt([&] {
    return (*transport)
        ->Stream({.target = "/x"}, seconds(600), [](std::string_view) { return Status::Ok(); }, {});
  });
  EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded) << answer.status().ToString();
}

// Each byte would begin the time of silence anew.
TEST_F(TransportTest, AStreamWhoseRefusalDripsEndsLongBeforeItsIdleTime) {
  const auto server = StartPlain([](const demo::Request&, demo::Connection& connection) {
    connection.Write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100000\r\n\r\n");
    while (connection.Write("x")) std::this_thread::sleep_for(milliseconds(10));
    return false;
  });
  auto transport = MakeTransport(Config(server->url()),
                                 {.user_agent = "test", .stream_start_timeout = milliseconds(300)});
  ASSERT_TRUE(transport.ok()) << transport.status().ToString();
  const auto answer = Prompt([&] {
    return (*transport)
        ->Stream({.target = "/x"}, seconds(600), [](std::string_view) { return Status::Ok(); }, {});
  });
  EXPECT_EQ(answer.status().code(), StatusCode::kDeadlineExceeded) << answer.status().ToString();
}

TEST_F(TransportTest, AStreamThatHasBegunMayBeSilentForLongerThanThat) {
  const auto server = StartPlain([](const demo::Request&, demo::Connection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::this_thread::sleep_for(milliseconds(600));
    return connection.Write("4\r\nlate\r\n0\r\n\r\n");
  });
  auto transport = MakeTransport(Config(server->url()),
                                 {.user_agent = "test", .stream_start_timeout = milliseconds(300)});
  ASSERT_TRUE(transport.ok()) << transport.status().ToString();
  std::string got;
  const auto answer = Prompt([&] {
    return (*transport)
        ->Stream({.target = "/x"}, seconds(600),
                 [&](std::string_view bytes) {
                   got += bytes;
                   return Status::Ok();
                 },
                 {});
  });
  EXPECT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(got, "late");
}

TEST_F(TransportTest, StopEndsRequestsAndStreamsAtOnce) {
  std::atomic<int> arrived = 0;
  const auto server = StartTls([&](const demo::Request& request, demo::Connection& connection) {
    if (request.target == "/stream") {
      connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    }
    ++arrived;
    arrived.notify_all();
    return Stall(request, connection);
  });
  const auto transport = Make(Config(server->url(), "t"));
  for (const char* const target : {"/request", "/stream"}) {
    std::stop_source stop;
    Deadline::Clock::time_point stopped;
    const int before = arrived;
    std::jthread stopper([&] {
      arrived.wait(before);
      stopped = Deadline::Clock::now();
      stop.request_stop();
    });
    const bool streams = std::string(target) == "/stream";
    const auto answer =
        streams ? transport->Stream(
                      {.target = target}, kFarAway, [](std::string_view) { return Status::Ok(); },
                      stop.get_token())
                : transport->Send({.target = target}, Deadline::After(kFarAway), stop.get_token());
    const auto ended = Deadline::Clock::now();
    stopper.join();
    EXPECT_EQ(answer.status().code(), StatusCode::kCancelled) << answer.status().ToString();
    EXPECT_LT(ended - stopped, seconds(1)) << target;
    RecordProperty(std::string("microseconds_after_stop") + (streams ? "_stream" : "_request"),
                   static_cast<int>((ended - stopped) / std::chrono::microseconds(1)));
  }
}

TEST_F(TransportTest, AnswerUpToTheCapIsTakenAndOneByteMoreIsNot) {
  std::atomic<size_t> size = 1000;
  const auto server = StartPlain([&](const demo::Request&, demo::Connection& connection) {
    return connection.Write(demo::Serialize({.body = std::string(size, 'x')}));
  });
  const auto transport = Make(Config(server->url()), 1000);
  const auto whole = transport->Send({.target = "/x"}, Deadline::After(kFarAway), {});
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  EXPECT_EQ(whole->body.size(), 1000U);
  size = 1001;
  const auto larger = transport->Send({.target = "/x"}, Deadline::After(kFarAway), {});
  EXPECT_EQ(larger.status().code(), StatusCode::kResourceExhausted) << larger.status().ToString();
}

TEST_F(TransportTest, ARequestMayTakeLessThanTheTransport) {
  const auto server = StartPlain([](const demo::Request&, demo::Connection& connection) {
    return connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
  });
  const auto transport = Make(Config(server->url()));
  const auto ask = [&](size_t most) {
    return transport->Send({.target = "/x", .max_answer_bytes = most}, Deadline::After(kFarAway),
                           {});
  };
  EXPECT_EQ(ask(4).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(ask(5).ok());
}

TEST_F(TransportTest, TheNextRequestAfterAFailureSucceeds) {
  std::atomic<int> requests = 0;
  const auto server = StartTls([&](const demo::Request&, demo::Connection& connection) {
    if (++requests == 1) return connection.Write("garbage, no status line\r\n\r\n") && false;
    return connection.Write(demo::Serialize({.body = "ok"}));
  });
  const auto transport = Make(Config(server->url(), "t"));
  EXPECT_EQ(transport->Send({.target = "/x"}, Deadline::After(kFarAway), {}).status().code(),
            StatusCode::kUnavailable);
  const auto answer = transport->Send({.target = "/x"}, Deadline::After(kFarAway), {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->body, "ok");
}

}  // namespace
}  // namespace kubediag::kube
