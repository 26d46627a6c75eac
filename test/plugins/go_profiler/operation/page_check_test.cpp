#include "plugins/go_profiler/operation/page_check.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"

namespace kubediag::go_profiler {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers one connection with `answer` and keeps what it was asked.
class OneAnswer {
 public:
  OneAnswer(in_addr_t address, std::string answer) : listener_(Listen(address)) {
    thread_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char buffer[4096];
      const ssize_t got = read(peer.get(), buffer, sizeof buffer);
      asked_.assign(buffer, static_cast<size_t>(std::max<ssize_t>(got, 0)));
      EXPECT_TRUE(WriteAll(peer.get(), answer).ok());
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
  }
  int socket_fd() const { return listener_.get(); }
  const std::string& asked() {
    thread_.join();
    return asked_;
  }

 private:
  static UniqueFd Listen(in_addr_t address) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(address);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }
  UniqueFd listener_;
  std::string asked_;
  std::thread thread_;
};

Deadline Soon() { return Deadline::After(std::chrono::seconds(20)); }

TEST(PageCheck, AsksThroughTheSocketWhateverHostTheUrlNames) {
  OneAnswer page(INADDR_ANY, "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(CheckPage(page.socket_fd(), "http://node.example:39900/abc/", Soon()).ok());
  EXPECT_THAT(page.asked(), StartsWith("GET /abc/ HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST(PageCheck, QuotesAnAnswerThatIsNot200) {
  OneAnswer page(INADDR_LOOPBACK, "HTTP/1.1 404 Not Found\r\n\r\n");
  const Status status = CheckPage(page.socket_fd(), "http://127.0.0.1/abc/", Soon());
  EXPECT_THAT(status.message(), HasSubstr("it answers \"HTTP/1.1 404 Not Found\""));
}

TEST(PageCheck, AConnectionThatEndsIsNoAnswer) {
  OneAnswer page(INADDR_LOOPBACK, "HTTP/1.1");
  EXPECT_EQ(CheckPage(page.socket_fd(), "http://127.0.0.1/abc/", Soon()).message(),
            "it closes the connection");
}

}  // namespace
}  // namespace kubediag::go_profiler
