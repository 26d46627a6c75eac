// Downloads: whole or not at all, from servers of ours and from those that break off.
#include "engine/http/download.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "engine/core/file.h"
#include "test/engine/http/server_fixture.h"

namespace kubediag::http {
namespace {

using testing::HasSubstr;

class DownloadTest : public ServerFixture {
 protected:
  Result<int> Get(const std::string& target, uint64_t max_bytes = 1 * kMiB,
                  const std::stop_token& stop = {}) {
    return Download(
        {.host = "127.0.0.1", .port = port_, .target = target, .max_bytes = max_bytes},
        [this](std::string_view bytes) {
          got_.append(bytes);
          return Status::Ok();
        },
        stop);
  }

  // A server that answers one request with exactly these bytes.
  void Answer(const std::string& bytes) {
    auto listener = Listen("127.0.0.1", 0);
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    port_ = *LocalPort(listener->get());
    peer_ = std::jthread([listener = std::move(*listener), bytes] {
      pollfd source{listener.get(), POLLIN, 0};
      poll(&source, 1, 20'000);
      const UniqueFd client(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> request{};
      for (std::string all; all.find("\r\n\r\n") == std::string::npos;) {
        const ssize_t got = recv(client.get(), request.data(), request.size(), 0);
        if (got <= 0) return;
        all.append(request.data(), static_cast<size_t>(got));
      }
      (void)WriteAll(client.get(), bytes);
    });
  }

  std::string got_;
  std::jthread peer_;
};

TEST_F(DownloadTest, TakesTheBodyOfAnAnswer) {
  Start();
  const auto answer = Get("/hello");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(*answer, 200);
  EXPECT_EQ(got_, "hello");
}

TEST_F(DownloadTest, GivesAnyOtherStatusWithoutItsBody) {
  Start();
  EXPECT_EQ(*Get("/nothing-here"), 404);
  EXPECT_EQ(got_, "");
}

TEST_F(DownloadTest, TakesABodyOfManyPiecesAtItsLimitAndRefusesOnePastIt) {
  const std::string body(300'000, 'x');
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n";
  Answer(head + body);
  EXPECT_EQ(*Get("/", 300'000), 200);
  EXPECT_EQ(got_, body);
  Answer(head + body);
  EXPECT_EQ(Get("/", 299'999).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(DownloadTest, TakesAChunkedBody) {
  Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(*Get("/"), 200);
  EXPECT_EQ(got_, "abcde");
}

TEST_F(DownloadTest, SaysThatABodyWasCutOff) {
  Answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  const auto answer = Get("/");
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("cut off"));
  Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  EXPECT_EQ(Get("/").status().code(), StatusCode::kUnavailable);
  Answer("");
  EXPECT_EQ(Get("/").status().code(), StatusCode::kUnavailable);
}

TEST_F(DownloadTest, RefusesABodyWhoseEndNobodyKnows) {
  Answer("HTTP/1.1 200 OK\r\n\r\nall of it?");
  const auto answer = Get("/");
  EXPECT_EQ(answer.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(answer.status().message(), HasSubstr("how long"));
}

TEST_F(DownloadTest, RefusesWhatIsNoHttp) {
  Answer("220 mail.example ESMTP\r\n\r\n");
  EXPECT_EQ(Get("/").status().code(), StatusCode::kDataLoss);
  Answer("HTTP/1.1 200 OK\r\nX: " + std::string(2 * kMaxHttpHeaderBytes, 'x') + "\r\n\r\n");
  EXPECT_EQ(Get("/").status().code(), StatusCode::kDataLoss);
}

TEST_F(DownloadTest, EndsWithTheReceiversError) {
  Start();
  const auto answer =
      Download({.host = "127.0.0.1", .port = port_, .target = "/hello"},
               [](std::string_view) { return Status::ResourceExhausted("full"); }, {});
  EXPECT_EQ(answer.status().message(), "full");
}

TEST_F(DownloadTest, SaysThatNobodyListens) {
  {
    auto listener = Listen("127.0.0.1", 0);
    ASSERT_TRUE(listener.ok());
    port_ = *LocalPort(listener->get());
  }
  const auto answer = Get("/");
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("Connection refused"));
}

TEST_F(DownloadTest, EndsWhenAsked) {
  Start();
  std::stop_source stop;
  const std::jthread asks([&] {
    gate_.AwaitEntered(1);
    stop.request_stop();
  });
  EXPECT_EQ(Get("/gate", 1, stop.get_token()).status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace kubediag::http
