// A stream faster than its consumer costs no memory.
#include <unistd.h>

#include <fstream>
#include <thread>

#include "engine/core/limits.h"
#include "test/engine/kube/transport_fixture.h"

namespace kubediag::kube {
namespace {

size_t ResidentBytes() {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST_F(TransportTest, FastStreamWaitsForItsSlowConsumerInFlatMemory) {
  constexpr size_t kChunk = 32 * kKiB;
  constexpr size_t kOffered = 1024 * kMiB;
  std::atomic<size_t> sent = 0;
  const auto server = StartPlain([&](const demo::Request& request, demo::Connection& connection) {
    if (request.target == "/warm") return connection.Write(demo::Serialize({}));
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "8000\r\n" + std::string(kChunk, 'x') + "\r\n";
    while (sent < kOffered && connection.Write(chunk)) sent += kChunk;
    return false;
  });
  const auto transport = Make(Config(server->url()));
  ASSERT_TRUE(transport->Send({.target = "/warm"}, Deadline::After(seconds(20)), {}).ok());
  sent = 0;
  const size_t before = ResidentBytes();
  size_t taken = 0;
  size_t most = before;
  size_t ahead = 0;
  const auto answer =
      transport->Stream({.target = "/x"}, seconds(20),
                        [&](std::string_view bytes) {
                          taken += bytes.size();
                          // Idle until the server cannot get rid of anything more.
                          for (size_t last = sent + 1; last != sent;) {
                            last = sent;
                            std::this_thread::sleep_for(milliseconds(20));
                          }
                          most = std::max(most, ResidentBytes());
                          ahead = std::max(ahead, sent - std::min(taken, sent.load()));
                          return taken > 20 * kChunk ? Status::Cancelled("enough") : Status::Ok();
                        },
                        {});
  EXPECT_EQ(answer.status().code(), StatusCode::kCancelled) << answer.status().ToString();
  EXPECT_LT(most - before, 8 * kMiB);
  EXPECT_LT(ahead, 64 * kMiB) << "more than the kernel's buffers";
  RecordProperty("kib_grown", static_cast<int>((most - before) / kKiB));
  RecordProperty("kib_ahead", static_cast<int>(ahead / kKiB));
}

TEST_F(TransportTest, ConsumerSlowerThanTheIdleTimeLosesNothing) {
  const auto server = StartPlain([](const demo::Request&, demo::Connection& connection) {
    return connection.Write(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  });
  std::string got;
  const auto answer =
      Make(Config(server->url()))
          ->Stream({.target = "/x"}, seconds(1),
                   [&](std::string_view bytes) {
                     got += bytes;
                     std::this_thread::sleep_for(milliseconds(1100));  // that is the point
                     return Status::Ok();
                   },
                   {});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(got, "onetwo");
}

}  // namespace
}  // namespace kubediag::kube
