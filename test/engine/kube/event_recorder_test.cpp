#include "engine/kube/event_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <nlohmann/json.hpp>

#include "test/engine/kube/fake_api.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kController[] = "diagnosis.kubediag.org/agent";

Regarding About(const std::string& name) {
  return {.resource = kDiagnoses, .namespace_name = "default", .name = name, .uid = "uid-" + name};
}

store::Event Failed(const std::string& message) {
  return {.type = store::EventType::kWarning, .reason = "OperationFailed", .message = message};
}

Occurrence Occurred(const std::string& message = "m") {
  return {About("a"), "Diagnose", Failed(message),
          std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'000'123))};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  void Record(const std::string& message) {
    recorder_.Record(About("a"), "Diagnose", Failed(message));
  }
  void Flush() { ASSERT_TRUE(recorder_.Flush(Deadline::After(seconds(20)))); }
  std::vector<Json> Stored() const {
    std::vector<Json> events;
    for (const std::string& path : api_.Paths()) events.push_back(Json::parse(api_.Get(path)));
    return events;
  }

  FakeApi api_;
  metrics::Registry registry_;
  EventRecorder recorder_{api_, registry_, {.controller = kController, .instance = "node-1"}};
};

TEST_F(EventRecorderTest, TellsWhatHappenedToWhat) {
  Record("it broke");
  Flush();
  ASSERT_THAT(Stored(), SizeIs(1));
  const Json event = Stored().front();
  EXPECT_EQ(event["apiVersion"], "events.k8s.io/v1");
  EXPECT_EQ(event["kind"], "Event");
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["reason"], "OperationFailed");
  EXPECT_EQ(event["note"], "it broke");
  EXPECT_EQ(event["action"], "Diagnose");
  EXPECT_EQ(event["reportingController"], kController);
  EXPECT_EQ(event["reportingInstance"], "node-1");
  EXPECT_EQ(event["metadata"]["namespace"], "default");
  EXPECT_EQ(event["regarding"], (Json{{"apiVersion", "diagnosis.kubediag.org/v1"},
                                      {"kind", "Diagnosis"},
                                      {"namespace", "default"},
                                      {"name", "a"},
                                      {"uid", "uid-a"}}));
  EXPECT_FALSE(event.contains("series"));
}

TEST_F(EventRecorderTest, SameAgainIsASeriesAndAnotherNoteAnotherEvent) {
  for (int i = 0; i < 50; ++i) Record("again");
  Record("something else");
  Flush();
  ASSERT_THAT(Stored(), SizeIs(2));
  EXPECT_EQ(api_.Count("POST"), 2);
  EXPECT_EQ(api_.Count("PATCH"), 1) << "the second one makes it a series; the rest is counted";
}

TEST_F(EventRecorderTest, EventThatArrivedThoughItsAnswerWasLostIsNotDoubled) {
  api_.Next({.method = "POST", .carries_out = true});
  Record("once");
  Flush();
  EXPECT_THAT(Stored(), SizeIs(1));
  EXPECT_THAT(registry_.Text(), Not(HasSubstr("kubediag_events_dropped_total")));
}

TEST_F(EventRecorderTest, RefusedEventIsCountedAndTheNextOneSent) {
  api_.Refuse("POST", 403, StatusJson(403, "Forbidden", "no"));
  Record("one");
  Record("two");
  Flush();
  EXPECT_THAT(Stored(), SizeIs(1));
  EXPECT_THAT(registry_.Text(),
              HasSubstr(R"(kubediag_events_dropped_total{reason="Forbidden"} 1)"));
}

TEST_F(EventRecorderTest, ServerThatHangsDelaysNobodyAndTheQueueIsBounded) {
  std::latch asked(1);
  std::latch released(1);
  api_.Next({.method = "POST", .meanwhile = [&](FakeApi&) {
               asked.count_down();
               released.wait();
             }});
  Record("first");
  asked.wait();
  for (size_t i = 0; i < kMaxQueuedEvents + 7; ++i) Record("again");
  EXPECT_THAT(registry_.Text(),
              HasSubstr(R"(kubediag_events_dropped_total{reason="QueueFull"} 7)"));
  released.count_down();
  Flush();
  EXPECT_THAT(Stored(), SizeIs(2));
}

class EventSeriesTest : public ::testing::Test {
 protected:
  EventSeries series_{kController, "node-1"};
  EventSeries::TimePoint now_ = EventSeries::TimePoint() + seconds(1000);
};

TEST_F(EventSeriesTest, NameIsTheSameForTheSameAndAValidName) {
  const auto first = series_.Add(Occurred(), now_);
  EventSeries other(kController, "node-1");
  EXPECT_EQ(first->name, other.Add(Occurred(), now_)->name);
  EXPECT_NE(first->name, other.Add(Occurred("another"), now_)->name);
  Occurrence long_name = Occurred();
  long_name.regarding.name = std::string(235, 'a') + "." + std::string(17, 'b');
  const auto write = other.Add(long_name, now_);
  EXPECT_LE(write->name.size(), kMaxObjectNameBytes);
  EXPECT_TRUE(ObjectTarget(kEvents, "default", write->name).ok()) << write->name;
}

TEST_F(EventSeriesTest, SeriesIsWrittenAtItsSecondAtItsEndAndNowAndThen) {
  EXPECT_TRUE(series_.Add(Occurred(), now_)->is_new);
  const auto second = series_.Add(Occurred(), now_);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(Json::parse(second->patch)["series"]["count"], 2);
  EXPECT_EQ(Json::parse(second->patch)["series"]["lastObservedTime"],
            "2023-11-14T22:13:20.000123Z");
  EXPECT_FALSE(series_.Add(Occurred(), now_));
  EXPECT_TRUE(series_.Due(now_ + kEventSeriesQuiet).empty());
  EXPECT_LE(series_.NextDue(), now_ + kEventSeriesQuiet + seconds(1));
  const auto due = series_.Due(now_ + kEventSeriesQuiet + seconds(1));
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(Json::parse(due.front().patch)["series"]["count"], 3);
  EXPECT_EQ(series_.size(), 0U);
  EXPECT_TRUE(series_.Add(Occurred(), now_ + kEventSeriesQuiet + seconds(2))->is_new);
}

TEST_F(EventSeriesTest, LongSeriesIsRefreshed) {
  auto time = now_;
  series_.Add(Occurred(), time);
  series_.Add(Occurred(), time);
  int writes = 0;
  while (time < now_ + kEventSeriesRefresh + seconds(60)) {
    time += seconds(60);
    writes += series_.Add(Occurred(), time) ? 1 : 0;
  }
  EXPECT_EQ(writes, 1);
}

TEST_F(EventSeriesTest, MemoryIsBounded) {
  for (size_t i = 0; i < 2 * kMaxEventSeries; ++i) series_.Add(Occurred(std::to_string(i)), now_);
  EXPECT_EQ(series_.size(), kMaxEventSeries);
}

TEST_F(EventSeriesTest, NoteIsCutToWhatKubernetesTakes) {
  const auto write = series_.Add(Occurred(std::string(5000, 'x')), now_);
  EXPECT_LE(Json::parse(write->body)["note"].get<std::string>().size(), kMaxEventNoteBytes);
}

}  // namespace
}  // namespace kubediag::kube
