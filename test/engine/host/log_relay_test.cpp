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

TEST_F(LogRelays, WhatIsToBeHiddenIsNeverLogged) {
  relay_.Hide("5ec7e7");
  relay_.Feed("at /5ec7e7/ and /5ec7e7/x\n");
  relay_.Line(LogLevel::kInfo, "5ec7e7");
  EXPECT_THAT(logger_.lines(),
              ElementsAre(Pair(LogLevel::kInfo, "at /…/ and /…/x"), Pair(LogLevel::kInfo, "…")));
  EXPECT_EQ(relay_.Masked("/5ec7e7/"), "/…/");
}

TEST_F(LogRelays, BytesThatAreNoTextAreReplaced) {
  relay_.Feed("a\xff\x1b[31mb\n");
  EXPECT_THAT(logger_.lines(), ElementsAre(Pair(LogLevel::kInfo, "a\xEF\xBF\xBD [31mb")));
}

TEST_F(LogRelays, TooMuchIsDroppedAndToldInOneLineAtTheEnd) {
  const std::string line(1023, 'x');
  size_t fed = 0;
  for (int second = 0; second < 60; ++second, now_ += std::chrono::seconds(1)) {
    for (size_t i = 0; i < 2 * kMaxLogBytesPerSecond / 1024; ++i, ++fed) relay_.Feed(line + "\n");
  }
  relay_.Finish();
  const auto lines = logger_.lines();
  EXPECT_EQ(lines.size(), fed / 2 + 1);
  EXPECT_EQ(lines.back().first, LogLevel::kWarning);
  EXPECT_EQ(lines.back().second,
            "the operation writes more than is shown: 3 840 lines, 3.9 MB not shown");
}

TEST_F(LogRelays, LinesThatTheOperationLogsItselfAreLimitedToo) {
  constexpr size_t kLines = 100'000;
  for (size_t i = 0; i < kLines; ++i) relay_.Line(LogLevel::kWarning, "w");
  const auto burst = static_cast<size_t>(kLogLineBurst);
  EXPECT_EQ(logger_.lines().size(), burst);
  now_ += std::chrono::seconds(1);
  for (size_t i = 0; i < kLines; ++i) relay_.Line(LogLevel::kError, "e");
  relay_.Finish();
  EXPECT_EQ(logger_.lines().size(), burst + static_cast<size_t>(kLogLinesPerSecond) + 1);
  EXPECT_THAT(logger_.lines().back().second, HasSubstr("198 900 lines, 397.8 kB not shown"));
}

TEST_F(LogRelays, ALongRunIsToldOfNowAndThen) {
  const std::string flood(3 * kMaxLogBytesPerSecond, '\n');
  relay_.Feed(flood);
  const size_t before = logger_.lines().size();
  now_ += kLogReportInterval;
  relay_.Feed(flood);
  EXPECT_EQ(logger_.lines().size(), before + static_cast<size_t>(kLogLineBurst) + 1);
}

TEST_F(LogRelays, LineWithoutEndIsCut) {
  relay_.Feed(std::string(10 * kMaxMessageBytes, 'x'));
  relay_.Finish();
  const auto lines = logger_.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].second.size(), kMaxMessageBytes);
  EXPECT_EQ(lines[1].second, "the operation writes more than is shown: 36.9 kB not shown");
}

TEST_F(LogRelays, TailKeepsTheLastBytes) {
  relay_.Feed(std::string(3 * kMaxStderrTailBytes, 'x') + "\n");
  relay_.Feed("the end\n\n");
  EXPECT_TRUE(relay_.Tail().ends_with("x\nthe end"));
  EXPECT_LE(relay_.Tail().size(), kMaxStderrTailBytes);
}

}  // namespace
}  // namespace kubediag::host
