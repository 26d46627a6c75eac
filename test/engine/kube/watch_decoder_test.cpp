#include "engine/kube/watch_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/limits.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "ADDED a@1 uid-a", one an event.
std::string Describe(const WatchEvent& event) {
  std::string text(WatchEventTypeName(event.type));
  if (event.type == WatchEventType::kError) return text + " " + event.status.ToString();
  if (event.object != nullptr) {
    const auto& diagnosis = std::get<api::Diagnosis>(event.object->object);
    text += " " + diagnosis.metadata.name + " " + diagnosis.status.message;
  }
  return text + " @" + event.resource_version;
}

struct Taken {
  std::vector<std::string> events;
  std::vector<WatchEvent> raw;
  Status status;
  Status end;
};

Taken Take(const std::vector<std::string>& pieces) {
  Taken taken;
  WatchDecoder decoder;
  for (const std::string& piece : pieces) {
    taken.status = decoder.Add(piece, [&](WatchEvent event) {
      taken.events.push_back(Describe(event));
      taken.raw.push_back(std::move(event));
      return Status::Ok();
    });
    if (!taken.status.ok()) break;
  }
  taken.end = decoder.Finish();
  return taken;
}

TEST(WatchDecoder, ReadsEveryTypeOfEvent) {
  const Taken taken = Take(
      {EventLine("ADDED", DiagnosisText{.message = "one"}.Json()) +
       EventLine("MODIFIED", DiagnosisText{.version = 2}.Json()) +
       EventLine("DELETED", DiagnosisText{.version = 3}.Json()) + BookmarkLine(9) +
       EventLine("ERROR", StatusJson(410, "Expired", "too old", R"({"retryAfterSeconds":7})"))});
  EXPECT_TRUE(taken.status.ok());
  EXPECT_TRUE(taken.end.ok());
  EXPECT_THAT(taken.events, ElementsAre("ADDED a one @1", "MODIFIED a  @2", "DELETED a  @3",
                                        "BOOKMARK @9", "ERROR 410 Expired: too old"));
  EXPECT_TRUE(taken.raw[4].status.IsGone());
  EXPECT_EQ(taken.raw[4].status.retry_after, std::chrono::seconds(7));
}

TEST(WatchDecoder, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string bytes = EventLine("ADDED", DiagnosisText{.message = "größer 剖析 😀"}.Json()) +
                            "\r\n" + BookmarkLine(5) +
                            EventLine("DELETED", DiagnosisText{.version = 6}.Json());
  const std::vector<std::string> whole = Take({bytes}).events;
  ASSERT_THAT(whole, ElementsAre("ADDED a größer 剖析 😀 @1", "BOOKMARK @5", "DELETED a  @6"));
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const Taken taken = Take({bytes.substr(0, cut), bytes.substr(cut)});
    ASSERT_EQ(taken.events, whole) << "cut at " << cut;
    ASSERT_TRUE(taken.end.ok()) << "cut at " << cut;
  }
  std::vector<std::string> single;
  for (const char byte : bytes) single.emplace_back(1, byte);
  EXPECT_EQ(Take(single).events, whole);
}

TEST(WatchDecoder, SaysThatTheLastEventIsCutOff) {
  const std::string line = EventLine("ADDED", DiagnosisText{}.Json());
  for (size_t size = 1; size < line.size(); ++size) {
    const Taken taken = Take({line.substr(0, size)});
    ASSERT_TRUE(taken.events.empty()) << size;
    ASSERT_EQ(taken.end.reason(), "TruncatedEvent") << size;
  }
}

TEST(WatchDecoder, RefusesAnEventAboveTheCapHoweverItComes) {
  const std::string start = R"({"type":"ADDED","object":{"x":")";
  const std::string largest = start + std::string(kMaxWatchEventBytes - start.size(), 'x');
  EXPECT_TRUE(Take({largest}).status.ok());
  EXPECT_EQ(Take({largest, "x"}).status.reason(), "EventTooLarge");
  EXPECT_EQ(Take({largest + "x\n"}).status.reason(), "EventTooLarge");
  EXPECT_EQ(Take({largest, "x\n"}).status.reason(), "EventTooLarge");
}

TEST(WatchDecoder, StaysBrokenAfterGarbage) {
  WatchDecoder decoder;
  const auto ignore = [](const WatchEvent&) { return Status::Ok(); };
  const Status garbage = decoder.Add("<html>\n", ignore);
  EXPECT_EQ(garbage.code(), StatusCode::kDataLoss);
  EXPECT_EQ(garbage.reason(), "MalformedEvent");
  EXPECT_EQ(decoder.Add(BookmarkLine(1), ignore), garbage);
  EXPECT_EQ(decoder.Finish(), garbage);
}

TEST(WatchDecoder, EndsWhereTheConsumerSaysSo) {
  WatchDecoder decoder;
  int seen = 0;
  const Status status = decoder.Add(
      BookmarkLine(1) + BookmarkLine(2) + BookmarkLine(3),
      [&](const WatchEvent&) { return ++seen == 2 ? Status::Cancelled("enough") : Status::Ok(); });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(seen, 2);
}

class Garbage : public testing::TestWithParam<std::string> {};
TEST_P(Garbage, IsDataLossWithAReason) {
  const Taken taken = Take({BookmarkLine(1) + GetParam() + "\n" + BookmarkLine(2)});
  EXPECT_EQ(taken.status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(taken.status.reason(), "MalformedEvent");
  EXPECT_THAT(taken.status.message(), HasSubstr("no watch event: "));
  EXPECT_THAT(taken.events, ElementsAre("BOOKMARK @1"));
}
INSTANTIATE_TEST_SUITE_P(
    WatchDecoder, Garbage,
    testing::Values("x", "[]", "{}", "7", R"({"type":"ADDED"})", R"({"type":"ADDED","object":[]})",
                    R"({"type":"SEEN","object":{}})", R"({"type":1,"object":{}})",
                    R"({"type":"ADDED","object":{}} {})", R"({"type":"ADDED","object":{"a":1})",
                    "{\"type\":\"BOOKMARK\",\"object\":{\"a\":\"\xff\"}}",
                    "{\"type\":\"BOOKMARK\",\"object\":{\"a\":\"\xe4\xb8\"}}",
                    R"({"type":"BOOKMARK","object":{"a":)" + std::string(100, '[') +
                        std::string(100, ']') + "}}"));

TEST(WatchDecoder, TellsOfAnObjectThatCannotBeNamed) {
  for (
      const std::string object :
      {R"({"kind":"Diagnosis","metadata":{"resourceVersion":"3"}})",
       R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","resourceVersion":"3"}})",
       R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis","metadata":{"name":"a","resourceVersion":"3"}})",
       R"({"apiVersion":"v1","kind":"List","metadata":{"resourceVersion":"3"},"items":[]})"}) {
    const Taken taken = Take({EventLine("ADDED", object) + BookmarkLine(4)});
    EXPECT_TRUE(taken.status.ok());
    ASSERT_EQ(taken.events.size(), 2u);
    EXPECT_EQ(taken.raw[0].object, nullptr);
    EXPECT_NE(taken.raw[0].problem, "");
    EXPECT_EQ(taken.raw[0].resource_version, "3");
  }
}

TEST(WatchDecoder, GivesWhatCouldBeReadOfAnUnsoundObject) {
  const Taken taken = Take({EventLine(
      "ADDED",
      R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis","metadata":{"name":"a","uid":"u","resourceVersion":"3"},"spec":{"nodeName":7}})")});
  ASSERT_EQ(taken.raw.size(), 1u);
  ASSERT_NE(taken.raw[0].object, nullptr);
  EXPECT_EQ(taken.raw[0].object->metadata().uid, "u");
  EXPECT_THAT(taken.raw[0].object->problem, HasSubstr("spec.nodeName"));
}

TEST(ServerStatus, KnowsTheFormsOfEachRefusal) {
  EXPECT_TRUE(ParseServerStatus(410, "").IsGone());
  EXPECT_TRUE(ParseServerStatus(400, StatusJson(400, "Expired", "")).IsGone());
  EXPECT_TRUE(ParseServerStatus(
                  504, StatusJson(504, "Timeout", "Too large resource version: 9, current: 5"))
                  .IsFutureVersion());
  EXPECT_TRUE(
      ParseServerStatus(504, StatusJson(504, "Timeout", "",
                                        R"({"causes":[{"reason":"ResourceVersionTooLarge"}]})"))
          .IsFutureVersion());
  EXPECT_FALSE(ParseServerStatus(504, StatusJson(504, "Timeout", "etcd")).IsFutureVersion());
  EXPECT_TRUE(ParseServerStatus(
                  400, StatusJson(400, "BadRequest", "field label not supported: spec.nodeName"))
                  .IsUnsupportedSelector());
  EXPECT_FALSE(ParseServerStatus(400, StatusJson(400, "BadRequest", "no")).IsUnsupportedSelector());
}

TEST(ServerStatus, QuotesAnAnswerThatIsNoStatusWithinBounds) {
  const ServerStatus status = ParseServerStatus(502, "\xff" + std::string(100'000, 'x'));
  EXPECT_EQ(status.code, 502);
  EXPECT_LE(status.message.size(), kMaxServerMessageBytes + std::string_view("…").size());
  EXPECT_THAT(status.ToString(), HasSubstr("502: "));
}

}  // namespace
}  // namespace kubediag::kube
