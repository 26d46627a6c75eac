#include "engine/host/log_relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/limits.h"
#include "test/engine/host/runner_fixture.h"

namespace kubediag::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class LogRelays : public testing::Test {
 protected:
  RecordingLogger logger_;
  Deadline::Clock::time_point now_;
  LogRelay relay_{logger_, "module.so", [this] { return now_; }};
};

TEST_F(LogRelays, LinesArePassedOnWhole) {
  relay_.Feed("one\ntw");
  relay_.Feed("o\nthree");
  relay_.Finish();
  EXPECT_THAT(logger_.lines(),
              ElementsAre(Pair(LogLevel::kInfo, "one"), Pair(LogLevel::kInfo, "two"),
                          Pair(LogLevel::kInfo, "three")));
}

TEST_F(LogRelays, BytesThatAreNoTextAreReplaced) {
  relay_.Feed("a\xff\x1b[31mb\n");
  EXPECT_THAT(logger_.lines(), ElementsAre(Pair(LogLevel::kInfo, "a\xEF\xBF\xBD [31mb")));
}

TEST_F(LogRelays, TooMuchIsDroppedAndCounted) {
  const std::string line(1023, 'x');
  for (size_t i = 0; i < 2 * kMaxLogBytesPerSecond / 1024; ++i) relay_.Feed(line + "\n");
  EXPECT_EQ(logger_.lines().size(), kMaxLogBytesPerSecond / 1024);
  now_ += std::chrono::seconds(1);
  relay_.Feed("and on\n");
  const auto lines = logger_.lines();
  ASSERT_EQ(lines.size(), kMaxLogBytesPerSecond / 1024 + 2);
  EXPECT_THAT(lines[lines.size() - 2].second,
              HasSubstr(std::to_string(kMaxLogBytesPerSecond) + " bytes"));
  EXPECT_EQ(lines.back().second, "and on");
}

TEST_F(LogRelays, LineWithoutEndIsCut) {
  relay_.Feed(std::string(10 * kMaxMessageBytes, 'x'));
  relay_.Finish();
  ASSERT_EQ(logger_.lines().size(), 2U);
  EXPECT_EQ(logger_.lines()[1].second.size(), kMaxMessageBytes);
}

TEST_F(LogRelays, TailKeepsTheLastBytes) {
  relay_.Feed(std::string(3 * kMaxStderrTailBytes, 'x') + "\n");
  relay_.Feed("the end\n\n");
  EXPECT_TRUE(relay_.Tail().ends_with("x\nthe end"));
  EXPECT_LE(relay_.Tail().size(), kMaxStderrTailBytes);
}

}  // namespace
}  // namespace kubediag::host
