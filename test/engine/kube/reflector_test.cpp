// One fixture and a script a case: they are found together, so they stay together.
#include "engine/kube/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/limits.h"
#include "test/engine/kube/change_recorder.h"
#include "test/engine/kube/fake_clock.h"
#include "test/engine/kube/objects.h"
#include "test/engine/kube/scripted_transport.h"

namespace kubediag::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kCollection[] = "/apis/diagnosis.kubediag.org/v1/diagnoses?";

class ReflectorTest : public testing::Test {
 protected:
  ReflectorTest() {
    watched_.resource = kDiagnoses;
    watched_.field_selector = "spec.nodeName=node-1";
    watched_.is_selected = [](const api::Object& object) {
      return std::get<api::Diagnosis>(object).spec.node_name == "node-1";
    };
  }

  // Until the script has ended.
  void Run() {
    Reflector reflector(watched_,
                        {script_, cache_, recorder_, metrics_, *logger_, clock_, random_});
    reflector.Run(script_.stop());
    synced_ = reflector.synced();
    last_contact_ = reflector.last_contact();
  }
  void List(int version, const std::vector<DiagnosisText>& items) {
    script_.Answer(200, ListJson(version, items));
  }
  // A watch in good health: it says something, and lasts.
  void Healthy(const std::string& bytes) {
    script_.Then([=, this](const Transport::OnBytes& on_bytes) -> Result<Response> {
      clock_.Advance(seconds(1));
      if (Status status = on_bytes(bytes); !status.ok()) return status;
      clock_.Advance(seconds(299));
      return Response{200, "", {}};
    });
  }
  double Restarts(const std::string& reason) {
    return metrics_
        .MakeCounter("kubediag_watch_restarts_total", "Watches and lists that ended, and why.",
                     {{"resource", "diagnoses"}, {"reason", reason}})
        .value();
  }
  bool FiltersHere() {
    return metrics_.Text().find("kubediag_watch_client_side_filter{resource=\"diagnoses\"} 1") !=
           std::string::npos;
  }
  std::vector<int64_t> Waits() const {
    std::vector<int64_t> waits;
    for (const auto wait : clock_.sleeps()) {
      waits.push_back(std::chrono::duration_cast<milliseconds>(wait).count());
    }
    return waits;
  }

  WatchedResource watched_;
  FakeClock clock_;
  RandomSource random_ = NoRandom();
  ScriptedTransport script_;
  ObjectCache cache_;
  ChangeRecorder recorder_;
  metrics::Registry metrics_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  bool synced_ = false;
  Clock::TimePoint last_contact_{};
};

TEST_F(ReflectorTest, ListsThenWatchesFromTheListsVersion) {
  List(10, {{.name = "a", .uid = "1", .version = 4}});
  Healthy(EventLine("ADDED", DiagnosisText{.name = "b", .uid = "2", .version = 11}.Json()) +
          EventLine("MODIFIED", DiagnosisText{.name = "a", .uid = "1", .version = 12}.Json()) +
          EventLine("DELETED", DiagnosisText{.name = "b", .uid = "2", .version = 13}.Json()));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@4", "synced", "added 2@11", "updated 1@12",
                                           "removed 2@13 deleted"));
  ASSERT_THAT(script_.targets(), SizeIs(2));
  EXPECT_EQ(script_.targets()[0],
            std::string(kCollection) + "limit=500&fieldSelector=spec.nodeName%3Dnode-1");
  EXPECT_EQ(script_.targets()[1], std::string(kCollection) +
                                      "watch=1&resourceVersion=10&allowWatchBookmarks=true"
                                      "&timeoutSeconds=300&fieldSelector=spec.nodeName%3Dnode-1");
  EXPECT_EQ(script_.idles()[0], seconds(330));
  EXPECT_TRUE(synced_);
}

TEST_F(ReflectorTest, SpreadsTheTimeoutsOfWatches) {
  random_ = [i = 0]() mutable { return i++ % 2 == 0 ? 0.0 : 0.999; };
  List(10, {});
  Healthy(BookmarkLine(11));
  Healthy(BookmarkLine(12));
  Run();
  ASSERT_THAT(script_.watches(), SizeIs(2));
  EXPECT_THAT(script_.watches()[0], HasSubstr("timeoutSeconds=300&"));
  EXPECT_THAT(script_.watches()[1], HasSubstr("timeoutSeconds=599&"));
}

TEST_F(ReflectorTest, AShorterWatchTimeoutFindsADeadPeerSooner) {
  watched_.watch_timeout = seconds(10);
  List(10, {});
  Healthy(BookmarkLine(11));
  Run();
  ASSERT_THAT(script_.watches(), SizeIs(1));
  EXPECT_THAT(script_.watches()[0], HasSubstr("timeoutSeconds=5&"));
  EXPECT_EQ(script_.idles()[0], seconds(15));
}

TEST_F(ReflectorTest, ListsAllPagesAsOneState) {
  script_.Answer(200, ListJson(10, {{.name = "a", .uid = "1"}}, "next page"));
  script_.Answer(200, ListJson(10, {{.name = "b", .uid = "2"}}, "last"));
  script_.Answer(200, ListJson(10, {{.name = "c", .uid = "3"}}));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "added 2@1", "added 3@1", "synced"));
  EXPECT_THAT(script_.targets()[1], AllOf(HasSubstr("limit=500&continue=next%20page&"),
                                          Not(HasSubstr("resourceVersion"))));
}

TEST_F(ReflectorTest, BeginsAfreshWhenTheContinueTokenHasExpired) {
  script_.Answer(200, ListJson(10, {{.name = "old", .uid = "1"}}, "t"));
  script_.Answer(410, StatusJson(410, "Expired", "The provided continue parameter is too old"));
  List(20, {{.name = "new", .uid = "2"}});
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 2@1", "synced"));
  EXPECT_THAT(Waits(), IsEmpty());
}

TEST_F(ReflectorTest, ListsWithFewerObjectsWhereAPageIsTooLarge) {
  script_.BreakOff(Status::ResourceExhausted("more than 64 MiB"));
  script_.BreakOff(Status::ResourceExhausted("more than 64 MiB"));
  List(20, {{.name = "a", .uid = "1"}});
  Run();
  EXPECT_THAT(script_.targets()[2], HasSubstr("limit=125&"));
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced"));
}

TEST_F(ReflectorTest, CleanEndIsNormal) {
  List(10, {});
  Healthy(BookmarkLine(15));
  Healthy(BookmarkLine(18));
  Healthy(BookmarkLine(19));
  Run();
  EXPECT_THAT(script_.lists(), SizeIs(1));
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=15&"));
  EXPECT_THAT(script_.watches()[2], HasSubstr("resourceVersion=18&"));
  EXPECT_THAT(Waits(), IsEmpty());
  EXPECT_EQ(Restarts("ended"), 3);
}

TEST_F(ReflectorTest, BookmarksAloneGiveNoWork) {
  List(10, {{.name = "a", .uid = "1"}});
  for (int hour = 0; hour < 12 * 8; ++hour) Healthy(BookmarkLine(100 + hour));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced"));
  EXPECT_THAT(script_.lists(), SizeIs(1));
  EXPECT_THAT(script_.watches().back(), HasSubstr("resourceVersion=194&"));
}

TEST_F(ReflectorTest, ListsAfterAWholeWatchThatSaidNothing) {
  List(10, {});
  Healthy("");
  List(12, {{.name = "a", .uid = "1", .version = 11}});
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("synced", "added 1@11", "synced"));
  EXPECT_THAT(script_.lists()[1],
              HasSubstr("limit=500&resourceVersion=10&resourceVersionMatch=NotOlderThan&"));
}

TEST_F(ReflectorTest, GoesOnFromTheLastEventAfterACut) {
  List(10, {});
  script_.BreakOff(Status::Unavailable("reset"),
                   EventLine("ADDED", DiagnosisText{.uid = "1", .version = 11}.Json()) +
                       R"({"type":"ADDED","obj)");
  Healthy(EventLine("MODIFIED", DiagnosisText{.uid = "1", .version = 12}.Json()));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("synced", "added 1@11", "updated 1@12"));
  EXPECT_THAT(script_.lists(), SizeIs(1));
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=11&"));
  EXPECT_THAT(Waits(), ElementsAre(800));
  EXPECT_EQ(Restarts("unavailable"), 1);
}

TEST_F(ReflectorTest, AnAnswerThatEndsWithinAnEventIsACut) {
  List(10, {});
  script_.Say(BookmarkLine(11) + "{");
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=11&"));
  EXPECT_EQ(Restarts("cut"), 1);
  EXPECT_THAT(script_.lists(), SizeIs(1));
}

TEST_F(ReflectorTest, SilenceBeyondTheTimeoutIsADeadPeer) {
  List(10, {});
  script_.BreakOff(Status::DeadlineExceeded("nothing for 330 s"));
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_EQ(Restarts("silent"), 1);
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=10&"));
}

TEST_F(ReflectorTest, EndsAWatchThatGoesOnBeyondItsTime) {
  List(10, {});
  script_.Then([this](const Transport::OnBytes& on_bytes) -> Result<Response> {
    for (int i = 0; i < 100; ++i) {
      clock_.Advance(seconds(60));
      if (Status status = on_bytes(BookmarkLine(11 + i)); !status.ok()) return status;
    }
    return Response{200, "", {}};
  });
  Healthy(BookmarkLine(50));
  Run();
  EXPECT_EQ(Restarts("overdue"), 1);
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=15&"));
}

// 410 in each of its forms.
class GoneTest : public ReflectorTest, public testing::WithParamInterface<std::string> {
 protected:
  void Gone() {
    const std::string form = GetParam();
    if (form == "status") {
      script_.Answer(410, StatusJson(410, "Expired", "too old resource version: 10 (99)"));
    } else if (form == "status without body") {
      script_.Answer(410, "");
    } else if (form == "event") {
      script_.Say(EventLine("ERROR", StatusJson(410, "Expired", "too old resource version")));
    } else if (form == "event, reason Gone") {
      script_.Say(EventLine("ERROR", StatusJson(410, "Gone", "too old resource version")));
    } else {
      script_.Say(BookmarkLine(11) +
                  EventLine("ERROR", R"({"kind":"Status","reason":"Expired","message":"m"})"));
    }
  }
};

TEST_P(GoneTest, ListsTheNewestStateAndTellsTheDifference) {
  List(10, {{.name = "a", .uid = "1"}, {.name = "b", .uid = "2"}, {.name = "c", .uid = "3"}});
  Gone();
  List(90, {{.name = "b", .uid = "22", .version = 80}, {.name = "c", .uid = "3", .version = 1}});
  Healthy(BookmarkLine(91));
  Run();
  EXPECT_THAT(recorder_.texts,
              ElementsAre("added 1@1", "added 2@1", "added 3@1", "synced", "removed 1@1 not listed",
                          "removed 2@1 replaced", "added 22@80", "synced"));
  EXPECT_THAT(script_.lists()[1], Not(HasSubstr("resourceVersion")));
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=90&"));
  EXPECT_EQ(Restarts("expired"), 1);
  EXPECT_THAT(Waits(), ElementsAre(800));
}
INSTANTIATE_TEST_SUITE_P(Reflector, GoneTest,
                         testing::Values("status", "status without body", "event",
                                         "event, reason Gone", "event without code"));

TEST_F(ReflectorTest, GoneOnEveryWatchBacksOff) {
  random_ = HalfRandom();
  for (int i = 0; i < 20; ++i) {
    List(10 + i, {{.name = "a", .uid = "1"}});
    script_.Say(EventLine("ERROR", StatusJson(410, "Expired", "too old resource version")));
  }
  Run();
  EXPECT_THAT(recorder_.texts, SizeIs(21));  // once added, twenty times synced
  EXPECT_EQ(cache_.size(), 1u);
  const std::vector<int64_t> waits = Waits();
  EXPECT_THAT(std::vector(waits.begin(), waits.begin() + 7),
              ElementsAre(1200, 2400, 4800, 9600, 19200, 38400, 45000));
}

TEST_F(ReflectorTest, WaitsAsLongAsItIsTold) {
  List(10, {});
  script_.Answer(429, StatusJson(429, "TooManyRequests", "storage is (re)initializing"),
                 seconds(1));
  script_.Answer(503, StatusJson(503, "ServiceUnavailable", "", R"({"retryAfterSeconds":5})"));
  script_.Say(
      EventLine("ERROR", StatusJson(429, "TooManyRequests", "", R"({"retryAfterSeconds":60})")));
  script_.Answer(500, "internal");
  script_.Say(EventLine("ERROR", StatusJson(500, "InternalError", "etcd")));
  script_.Answer(503, "", seconds(1'000'000));
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(1000, 5000, 60'000, 6400, 12800, 300'000));
  EXPECT_EQ(Restarts("throttled"), 2);
  EXPECT_EQ(Restarts("server_error"), 4);
  EXPECT_THAT(script_.lists(), SizeIs(1));
  EXPECT_THAT(script_.watches().back(), HasSubstr("resourceVersion=10&"));
}

TEST_F(ReflectorTest, ComesBackAtDifferentTimesAlthoughToldTheSame) {
  random_ = HalfRandom();
  List(10, {});
  script_.Answer(429, "", seconds(20));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(25'000));
}

// What a restarted API server answers, as measured.
TEST_F(ReflectorTest, SurvivesTheRestartOfTheServer) {
  List(10, {{.name = "a", .uid = "1"}});
  script_.BreakOff(Status::Unavailable("Retrieving message chunk header"), BookmarkLine(11));
  script_.BreakOff(Status::Unavailable("Failed to connect to any resolved endpoint"));
  script_.Answer(503, StatusJson(503, "ServiceUnavailable", "", R"({"retryAfterSeconds":5})"));
  script_.Answer(429, StatusJson(429, "TooManyRequests", "storage is (re)initializing"),
                 seconds(1));
  script_.Say(EventLine("ERROR", StatusJson(410, "Expired", "too old resource version: 11 (50)")));
  List(60, {{.name = "b", .uid = "2", .version = 55}});
  Healthy(BookmarkLine(61));
  Run();
  EXPECT_THAT(recorder_.texts,
              ElementsAre("added 1@1", "synced", "removed 1@1 not listed", "added 2@55", "synced"));
  EXPECT_LT(clock_.slept(), seconds(60));
}

TEST_F(ReflectorTest, AServerThatAnswersAfterALongOutageIsListedSoon) {
  List(10, {});
  for (int i = 0; i < 7; ++i) {
    script_.BreakOff(Status::Unavailable("Failed to connect to any resolved endpoint"));
  }
  script_.Say(EventLine("ERROR", StatusJson(410, "Expired", "too old resource version: 10 (50)")));
  script_.Answer(410, StatusJson(410, "Expired", "still"));
  List(60, {});
  Healthy(BookmarkLine(61));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 30000, 800, 1600));
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceWithNothingSaidBacksOff) {
  List(10, {});
  for (unsigned i = 0; i < kShortWatchesBeforeList; ++i) script_.Say("");
  List(11, {});
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(800, 1600, 3200, 6400, 12800));
  EXPECT_EQ(Restarts("short"), kShortWatchesBeforeList);
  EXPECT_THAT(script_.lists(), SizeIs(2));
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceIsNotRepeatedWithoutRest) {
  List(10, {});
  for (int i = 0; i < 20; ++i) script_.Say(BookmarkLine(11 + i));
  Run();
  EXPECT_THAT(Waits(), SizeIs(20));
  EXPECT_THAT(script_.lists(), SizeIs(1));
}

// A proxy that closes whatever is idle for a moment.
TEST_F(ReflectorTest, QuietWatchesThatEndEarlyAreNeitherListedOverNorRepeatedWithoutRest) {
  List(10, {});
  for (unsigned i = 0; i < kShortWatchesBeforeList; ++i) {
    script_.Then([this](const Transport::OnBytes&) -> Result<Response> {
      clock_.Advance(seconds(2));
      return Response{200, "", {}};
    });
  }
  List(11, {});
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(800, 1600, 3200, 6400, 12800));
  EXPECT_THAT(script_.lists(), SizeIs(2));
}

TEST_F(ReflectorTest, AWatchThatEndsWithinAMinuteIsFollowedByAnotherOneAtOnce) {
  List(10, {});
  for (int i = 0; i < 3; ++i) {
    script_.Then([this](const Transport::OnBytes&) -> Result<Response> {
      clock_.Advance(seconds(59));
      return Response{200, "", {}};
    });
  }
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(Waits(), IsEmpty());
  EXPECT_THAT(script_.lists(), SizeIs(1));
}

TEST_F(ReflectorTest, HealthForgetsEarlierFailures) {
  List(10, {});
  for (int i = 0; i < 6; ++i) script_.BreakOff(Status::Unavailable("reset"));
  Healthy(BookmarkLine(11));
  script_.BreakOff(Status::Unavailable("reset"));
  Run();
  EXPECT_THAT(Waits(), ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 800));
}

TEST_F(ReflectorTest, GarbageIsListedOver) {
  List(10, {{.name = "a", .uid = "1"}});
  script_.Say(BookmarkLine(11) + "<html>\n");
  List(12, {});
  Run();
  EXPECT_THAT(recorder_.texts,
              ElementsAre("added 1@1", "synced", "removed 1@1 not listed", "synced"));
  EXPECT_EQ(Restarts("garbage"), 1);
  EXPECT_THAT(script_.lists()[1], HasSubstr("resourceVersion=11&"));
}

TEST_F(ReflectorTest, FailedListsChangeNothingAndAreTriedAgain) {
  List(10, {{.name = "a", .uid = "1"}});
  script_.Answer(410, "");
  script_.BreakOff(Status::Unavailable("refused"));
  script_.Answer(200, "<html>");
  script_.Answer(200, R"({"metadata":{},"items":[]})");
  script_.Answer(200, R"({"metadata":{"resourceVersion":"3"},"items":7})");
  script_.Answer(500, "");
  script_.Answer(404, StatusJson(404, "NotFound", "page not found"));
  script_.Answer(403, StatusJson(403, "Forbidden", "no"));
  script_.Answer(401, "Unauthorized");
  script_.Answer(200, ListJson(12, {}, "token"));
  script_.BreakOff(Status::Unavailable("refused"));
  List(20, {{.name = "a", .uid = "1"}});
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced", "synced"));
  EXPECT_EQ(Restarts("garbage"), 3);
  EXPECT_EQ(Restarts("denied"), 2);
  EXPECT_EQ(Restarts("refused"), 1);
  EXPECT_EQ(Restarts("unavailable"), 2);
}

TEST_F(ReflectorTest, DeniedWatchesGoOnFromWhereTheyWere) {
  List(10, {});
  script_.Answer(401, "Unauthorized");
  script_.Answer(403, "");
  Healthy(BookmarkLine(11));
  Run();
  EXPECT_THAT(script_.lists(), SizeIs(1));
  EXPECT_THAT(script_.watches().back(), HasSubstr("resourceVersion=10&"));
}

TEST_F(ReflectorTest, AVersionTheServerHasNotReachedIsDropped) {
  List(100, {{.name = "a", .uid = "1", .version = 90}});
  script_.Say(BookmarkLine(101) + "<html>\n");
  script_.Answer(504, StatusJson(504, "Timeout", "Too large resource version: 101, current: 7"));
  List(7, {{.name = "a", .uid = "1", .version = 5}});  // restored from a backup
  Healthy(EventLine("MODIFIED", DiagnosisText{.name = "a", .uid = "1", .version = 8}.Json()));
  recorder_.may_go_back = true;
  Run();
  EXPECT_THAT(recorder_.texts,
              ElementsAre("added 1@90", "synced", "updated 1@5", "synced", "updated 1@8"));
  EXPECT_THAT(script_.lists()[2], Not(HasSubstr("resourceVersion")));
  EXPECT_EQ(Restarts("future_version"), 1);
}

TEST_F(ReflectorTest, OwnWritesAreNoNews) {
  List(10, {{.name = "a", .uid = "1", .version = 4}});
  script_.Then([this](const Transport::OnBytes& on_bytes) -> Result<Response> {
    cache_.RecordWrite(ReadDiagnosis({.name = "a", .uid = "1", .version = 14})->object);
    for (const int version : {12, 14}) {
      const DiagnosisText text{.name = "a", .uid = "1", .version = version};
      EXPECT_TRUE(on_bytes(EventLine("MODIFIED", text.Json())).ok());
    }
    clock_.Advance(seconds(300));
    return Response{200, "", {}};
  });
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@4", "synced"));
  EXPECT_EQ(cache_.Find("1")->metadata().resource_version, "14");
}

TEST_F(ReflectorTest, AnObjectThatCannotBeReadStopsNothing) {
  script_.Answer(200, R"({"metadata":{"resourceVersion":"3"},"items":[7,{"kind":"Pod"},)" +
                          DiagnosisText{.name = "a", .uid = "1"}.Json() + "]}");
  Healthy(EventLine("ADDED", R"({"kind":"Diagnosis","metadata":{"resourceVersion":"5"}})") +
          EventLine("ADDED", DiagnosisText{.name = "b", .uid = "2", .version = 6}.Json()));
  Healthy(BookmarkLine(7));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced", "added 2@6"));
  EXPECT_THAT(script_.watches()[1], HasSubstr("resourceVersion=6&"));
}

TEST_F(ReflectorTest, WhatCannotBeReadAnyMoreIsRemovedAllTheSame) {
  List(10, {{.name = "a", .uid = "1"}});
  Healthy(EventLine("DELETED", R"({"kind":"Diagnosis","apiVersion":"diagnosis.kubediag.org/v1",)"
                               R"("metadata":{"uid":"1","resourceVersion":"11"}})"));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced", HasSubstr("removed 1@1")));
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(ReflectorTest, ReadsListsWhoseItemsLeaveOutTheirKind) {
  watched_.resource = kSecrets;
  watched_.field_selector.clear();
  script_.Answer(
      200,
      R"({"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"3"},)"
      R"("items":[{"metadata":{"name":"s","namespace":"n","uid":"1","resourceVersion":"2"}}]})");
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@2", "synced"));
}

constexpr char kNoSelector[] = "field label not supported: spec.nodeName";

TEST_F(ReflectorTest, FiltersHereWhereTheServerCannot) {
  script_.Answer(400, StatusJson(400, "BadRequest", kNoSelector));
  List(10, {{.name = "a", .uid = "1"}, {.name = "b", .uid = "2", .node = "node-2"}});
  Healthy(EventLine("ADDED", DiagnosisText{.uid = "3", .version = 11, .node = "x"}.Json()) +
          // leaves, and comes back
          EventLine("MODIFIED", DiagnosisText{.uid = "1", .version = 12, .node = "x"}.Json()) +
          EventLine("MODIFIED", DiagnosisText{.uid = "1", .version = 13}.Json()) +
          EventLine("DELETED", DiagnosisText{.uid = "3", .version = 14, .node = "x"}.Json()) +
          EventLine("DELETED", DiagnosisText{.uid = "1", .version = 15}.Json()));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced", "removed 1@12 not selected",
                                           "added 1@13", "removed 1@15 deleted"));
  EXPECT_THAT(script_.lists()[1], Not(HasSubstr("fieldSelector")));
  EXPECT_THAT(script_.watches()[0],
              AllOf(HasSubstr("resourceVersion=10&"), Not(HasSubstr("fieldSelector"))));
  EXPECT_THAT(Waits(), IsEmpty());
  EXPECT_TRUE(FiltersHere());
}

TEST_F(ReflectorTest, UsesTheSelectorAsSoonAsTheServerKnowsIt) {
  script_.Answer(400, StatusJson(400, "BadRequest", kNoSelector));
  List(10, {});
  script_.Say(EventLine("ERROR", StatusJson(410, "Expired", "too old resource version")));
  List(20, {});
  Healthy(BookmarkLine(21));
  Run();
  EXPECT_FALSE(FiltersHere());
  EXPECT_THAT(script_.watches().back(), HasSubstr("fieldSelector=spec.nodeName%3Dnode-1"));
}

TEST_F(ReflectorTest, ListsAnewWhenAWatchFindsTheSelectorUnknown) {
  List(10, {{.name = "a", .uid = "1"}});
  script_.Answer(400, StatusJson(400, "BadRequest", kNoSelector));
  script_.Answer(400, StatusJson(400, "BadRequest", kNoSelector));
  List(11, {{.name = "a", .uid = "1"}, {.name = "b", .uid = "2", .node = "node-2"}});
  Healthy(BookmarkLine(12));
  Run();
  EXPECT_THAT(recorder_.texts, ElementsAre("added 1@1", "synced", "synced"));
  EXPECT_TRUE(FiltersHere());
}

TEST_F(ReflectorTest, KnowsWhenTheServerWasLastHeardOf) {
  script_.BreakOff(Status::Unavailable("refused"));
  Run();
  EXPECT_EQ(last_contact_.time_since_epoch().count(), 0);
  EXPECT_FALSE(synced_);
}

}  // namespace
}  // namespace kubediag::kube
