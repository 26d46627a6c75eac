#include "engine/host/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "engine/core/limits.h"

namespace kubediag::host {
namespace {

using testing::HasSubstr;

class Frames : public testing::Test {
 protected:
  Status Feed(std::string_view bytes) {
    return reader_.Feed(bytes, [this](Message message) {
      messages_.push_back(std::move(message));
      return Status();
    });
  }

  MessageReader reader_{MessageReader::Peer::kHost};
  std::vector<Message> messages_;
};

TEST_F(Frames, SurviveAnyFragmentation) {
  const std::string bytes = EncodeMessage(MessageType::kHello, "1234") +
                            EncodeMessage(MessageType::kLoaded, "") +
                            EncodeMessage(MessageType::kResult, "key and value");
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    MessageReader reader(MessageReader::Peer::kHost);
    std::vector<Message> messages;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const Status status =
          reader.Feed(std::string_view{bytes}.substr(at, piece), [&](Message message) {
            messages.push_back(std::move(message));
            return Status();
          });
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0].body, "1234");
    EXPECT_EQ(messages[1].type, MessageType::kLoaded);
    EXPECT_EQ(messages[2].body, "key and value");
    EXPECT_TRUE(reader.AtMessageBoundary());
  }
}

TEST_F(Frames, LargeMessagesPassInSeveral) {
  const std::string body(kMaxFrameBytes * 2 + 1, 'x');
  const std::string bytes = EncodeMessage(MessageType::kResult, body);
  EXPECT_EQ(bytes.size(), body.size() + 3 * kFrameHeaderBytes);
  ASSERT_TRUE(Feed(bytes).ok());
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_EQ(messages_[0].body, body);
}

TEST_F(Frames, StrayBytesAreNotFrames) {
  const Status status = Feed("segmentation fault\n");
  EXPECT_EQ(status.reason(), "ProtocolError");
  EXPECT_THAT(status.message(), HasSubstr("no frame"));
}

TEST_F(Frames, MessagesOfTheOtherSideAreRefused) {
  EXPECT_EQ(Feed(EncodeMessage(MessageType::kJob, "")).reason(), "ProtocolError");
}

TEST_F(Frames, UnknownTypesAreRefused) {
  EXPECT_EQ(Feed(EncodeMessage(static_cast<MessageType>(99), "")).reason(), "ProtocolError");
}

TEST_F(Frames, OverlongFrameIsRefusedByItsHeader) {
  const Status status =
      Feed(EncodeFrameHeader(MessageType::kResult, /*more=*/false, kMaxFrameBytes + 1));
  EXPECT_EQ(status.reason(), "ProtocolError");
}

TEST_F(Frames, MessageMayReachItsCapAndNoFurther) {
  const size_t cap = MaxMessageBytes(MessageType::kLog);
  ASSERT_TRUE(Feed(EncodeMessage(MessageType::kLog, std::string(cap, 'x'))).ok());
  EXPECT_EQ(Feed(EncodeMessage(MessageType::kLog, std::string(cap + 1, 'x'))).reason(),
            "ProtocolError");
}

TEST_F(Frames, ResultBeyondItsCapIsAResultLimit) {
  const std::string frame = EncodeFrameHeader(MessageType::kResult, /*more=*/true, kMaxFrameBytes) +
                            std::string(kMaxFrameBytes, 'x');
  Status status;
  for (size_t sent = 0; status.ok() && sent <= MaxMessageBytes(MessageType::kResult);
       sent += kMaxFrameBytes) {
    status = Feed(frame);
  }
  EXPECT_EQ(status.reason(), "ResultLimit");
}

TEST_F(Frames, MessagesDoNotInterleave) {
  ASSERT_TRUE(Feed(EncodeFrameHeader(MessageType::kResult, /*more=*/true, 1) + "x").ok());
  EXPECT_FALSE(reader_.AtMessageBoundary());
  EXPECT_EQ(Feed(EncodeMessage(MessageType::kEnd, "")).reason(), "ProtocolError");
}

TEST_F(Frames, EmptyFramesThatPromiseMoreAreRefused) {
  EXPECT_EQ(Feed(EncodeFrameHeader(MessageType::kResult, /*more=*/true, 0)).reason(),
            "ProtocolError");
}

}  // namespace
}  // namespace kubediag::host
