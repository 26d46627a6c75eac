#include "engine/host/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/host/messages.h"
#include "engine/host/verdict.h"

namespace kubediag::host {
namespace {

using testing::HasSubstr;

const std::string kBegun =
    EncodeMessage(MessageType::kHello, EncodeHello()) + EncodeMessage(MessageType::kLoaded, "");
const std::string kResult = EncodeMessage(MessageType::kResult, EncodePair("k", "v"));
const std::string kEnd = EncodeMessage(MessageType::kEnd, "");

class Conversations : public testing::Test {
 protected:
  operation::RunOutcome JudgeExit(int code, int signal = 0) {
    RunEvidence evidence;
    evidence.exit.code = code;
    evidence.exit.signal = signal;
    return Judge(conversation_, evidence);
  }

  Conversation conversation_{[](LogLevel, std::string_view) {}};
};

TEST_F(Conversations, GoodRunEndsWithItsResults) {
  ASSERT_TRUE(conversation_.Feed(kBegun + kResult + kEnd).ok());
  const auto outcome = JudgeExit(0);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.results.at("k"), "v");
}

TEST_F(Conversations, ResultBeforeTheModuleIsLoadedIsOutOfTurn) {
  EXPECT_EQ(conversation_.Feed(kResult).reason(), "ProtocolError");
}

TEST_F(Conversations, NothingMayFollowTheEnd) {
  EXPECT_EQ(conversation_.Feed(kBegun + kEnd + kResult).reason(), "ProtocolError");
}

TEST_F(Conversations, ResultsAreFinalOnceItServes) {
  const std::string serving =
      EncodeMessage(MessageType::kServing, EncodeServing(std::chrono::seconds(1), "s"));
  ASSERT_TRUE(conversation_.Feed(kBegun + kResult + serving).ok());
  EXPECT_EQ(conversation_.TakeServing()->results.at("k"), "v");
  EXPECT_EQ(conversation_.Feed(kResult).reason(), "ProtocolError");
}

TEST_F(Conversations, ViolationIsRemembered) {
  ASSERT_FALSE(conversation_.Feed("garbage garbage garbage").ok());
  EXPECT_FALSE(conversation_.Feed(kBegun).ok());
  EXPECT_EQ(JudgeExit(0).status.reason(), "ProtocolError");
}

TEST_F(Conversations, MalformedResultOfTheHostIsRefused) {
  const std::string bad = EncodeMessage(MessageType::kResult, EncodePair("no key", "v"));
  EXPECT_EQ(conversation_.Feed(kBegun + bad).reason(), "InvalidResult");
}

TEST_F(Conversations, GoodAnswerAndBadExitDoNotAgree) {
  ASSERT_TRUE(conversation_.Feed(kBegun + kResult + kEnd).ok());
  const auto outcome = JudgeExit(3);
  EXPECT_EQ(outcome.status.reason(), "ProtocolError");
  EXPECT_THAT(outcome.status.message(), HasSubstr("exit status 3 does not agree"));
  EXPECT_TRUE(outcome.results.empty());
}

TEST_F(Conversations, CrashAfterTheAnswerIsACrash) {
  ASSERT_TRUE(conversation_.Feed(kBegun + kEnd).ok());
  EXPECT_EQ(JudgeExit(0, 11).status.reason(), "OperationCrashed");
}

TEST_F(Conversations, ExitWithoutAnswerIsNamed) {
  ASSERT_TRUE(conversation_.Feed(kBegun + kResult).ok());
  const auto outcome = JudgeExit(0);
  EXPECT_EQ(outcome.status.reason(), "OperationExited");
  EXPECT_TRUE(outcome.results.empty());
}

TEST_F(Conversations, TailOfTheOutputIsShown) {
  RunEvidence evidence;
  evidence.exit.signal = 6;
  evidence.output_tail = "assertion failed";
  EXPECT_THAT(Judge(conversation_, evidence).status.message(),
              HasSubstr("signal 6: it aborted; its output ends: assertion failed"));
}

}  // namespace
}  // namespace kubediag::host
