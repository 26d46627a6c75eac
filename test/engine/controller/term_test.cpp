#include "engine/controller/term.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "engine/controller/leader_transport.h"
#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

class TermTest : public ControllerFixture {
 protected:
  TermTest() {
    api_.Put(SetPath("set"), R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"OperationSet",)"
                             R"("metadata":{"name":"set","generation":1},"spec":{"adjacencyList":)"
                             R"([{"id":0,"to":[1]},{"id":1,"operation":"a"}]}})");
    PutDiagnosis("a", {{"podReference", {{"namespace", "shop"}, {"name", "web-0"}}}});
    PutDiagnosis("old", {{"nodeName", "node-1"}},
                 {{"phase", "Failed"}, {"completionTime", "2020-01-01T00:00:00Z"}});
    api_.Put(kPodPath, R"({"kind":"Pod","metadata":{"name":"web-0"},"spec":{"nodeName":"n"}})");
  }

  std::unique_ptr<Term> Begin() {
    return std::make_unique<Term>(TermParts{.transport = transport_,
                                            .events = events_,
                                            .registry = registry_,
                                            .metrics = metrics_,
                                            .logger = *logger_,
                                            .clock = kube::SystemClock(),
                                            .rules = {.minimum_age = std::chrono::seconds(1)}});
  }
  // Looks until it is so; false after a while.
  static bool Eventually(const std::function<bool()>& is_so) {
    const Deadline deadline = Deadline::After(std::chrono::seconds(60));
    while (!is_so()) {
      if (deadline.Passed()) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }
  bool IsReady() const {
    return Stored(SetPath("set")).value("status", Json::object()).value("ready", false);
  }
  bool IsAssigned() const {
    return Stored(DiagnosisPath("a"))["spec"].value("nodeName", "") == "n";
  }

  std::atomic<bool> leads_ = true;
  LeaderTransport transport_{api_, [this] { return leads_.load(); }};
};

TEST_F(TermTest, DoesEveryJobAndEndsWithItsLife) {
  auto term = Begin();
  EXPECT_TRUE(Eventually([&] { return term->synced(); }));
  EXPECT_TRUE(Eventually([this] { return IsReady(); }));
  EXPECT_TRUE(Eventually([this] { return IsAssigned(); }));
  EXPECT_TRUE(Eventually([this] { return Stored(DiagnosisPath("old")).is_null(); }));
  term.reset();
  EXPECT_EQ(Events().size(), 1U);  // and none is being sent
  const size_t requests = api_.Seen().size();
  api_.Merge(SetPath("set"), R"({"status":{"ready":false}})");
  std::this_thread::yield();
  EXPECT_EQ(api_.Seen().size(), requests);
  EXPECT_TRUE(HasMetric(R"(kubediag_operation_sets{ready="true"} 0)"));
}

TEST_F(TermTest, ReadsAnewWhatAnotherLeaderHasDone) {
  Begin().reset();
  api_.Merge(DiagnosisPath("a"), R"({"spec":{"nodeName":"by-another"}})");
  auto term = Begin();
  EXPECT_TRUE(Eventually([this] { return IsReady(); }));
  term.reset();
  EXPECT_EQ(Stored(DiagnosisPath("a"))["spec"]["nodeName"], "by-another");
}

TEST_F(TermTest, WritesNothingOnceItNoLongerLeads) {
  leads_ = false;
  auto term = Begin();
  EXPECT_TRUE(Eventually([&] { return term->synced(); }));
  EXPECT_TRUE(Eventually([this] {  // it has tried to assign the node
    const auto seen = api_.Seen();
    return std::any_of(seen.begin(), seen.end(), [](const kube::Request& request) {
      return request.target.find("/pods/") != std::string::npos;
    });
  }));
  term.reset();
  EXPECT_FALSE(IsReady());
  EXPECT_FALSE(IsAssigned());
  EXPECT_EQ(api_.Count("PATCH") + api_.Count("DELETE"), 0);
}

}  // namespace
}  // namespace kubediag::controller
