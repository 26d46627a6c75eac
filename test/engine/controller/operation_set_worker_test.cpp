#include "engine/controller/operation_set_worker.h"

#include "test/engine/controller/fixture.h"

namespace kubediag::controller {
namespace {

class OperationSetWorkerTest : public ControllerFixture {
 protected:
  void PutSet(const std::string& name, const Json& list) {
    const Json object = {{"apiVersion", "diagnosis.kubediag.org/v1"},
                         {"kind", "OperationSet"},
                         {"metadata", {{"name", name}, {"generation", 1}}},
                         {"spec", {{"adjacencyList", list}}}};
    api_.Put(SetPath(name), object.dump());
    Hear(SetPath(name));
  }
  void Handle(const std::string& name) { worker_.Handle({.namespace_name = "", .name = name}, {}); }

  const Json valid_ = Json::parse(R"([{"id":0,"to":[1]},{"id":1,"operation":"a"}])");
  const Json cyclic_ = Json::parse(
      R"([{"id":0,"to":[1]},{"id":1,"operation":"a","to":[2]},{"id":2,"operation":"b","to":[1]}])");
  OperationSetWorker worker_{{.cache = cache_,
                              .queue = queue_,
                              .client = client_,
                              .metrics = metrics_,
                              .logger = *logger_}};
};

TEST_F(OperationSetWorkerTest, WritesOnceAndNotAgain) {
  PutSet("a", valid_);
  Handle("a");
  EXPECT_EQ(Stored(SetPath("a"))["status"]["ready"], true);
  EXPECT_EQ(Stored(SetPath("a"))["status"]["paths"].size(), 1U);
  EXPECT_EQ(api_.Count("PATCH"), 1);
  EXPECT_NE(api_.Seen().back().target.find("/operationsets/a/status?"), std::string::npos);
  Handle("a");  // the cache knows its own write
  Hear(SetPath("a"));
  Handle("a");  // and the watch's news of it is none
  EXPECT_EQ(api_.Count("PATCH"), 1);
}

TEST_F(OperationSetWorkerTest, MendsAStatusThatSomebodySpoiled) {
  PutSet("a", valid_);
  Handle("a");
  api_.Merge(SetPath("a"), R"({"status":{"ready":false,"paths":null}})");
  Hear(SetPath("a"));
  Handle("a");
  EXPECT_EQ(Stored(SetPath("a"))["status"]["ready"], true);
}

TEST_F(OperationSetWorkerTest, SetThatBecomesInvalidLosesItsPaths) {
  PutSet("a", valid_);
  Handle("a");
  api_.Merge(SetPath("a"), Json{{"spec", {{"adjacencyList", cyclic_}}}}.dump());
  Hear(SetPath("a"));
  Handle("a");
  const Json status = Stored(SetPath("a"))["status"];
  EXPECT_EQ(status["ready"], false);
  EXPECT_FALSE(status.contains("paths"));
  EXPECT_NE(ConditionOf(status, "Ready")["message"].get<std::string>().find("cycle: 1 -> 2 -> 1"),
            std::string::npos);
}

TEST_F(OperationSetWorkerTest, ConflictLeadsToAnotherTryWithWhatIsThereThen) {
  PutSet("a", valid_);
  api_.Merge(SetPath("a"), Json{{"spec", {{"adjacencyList", cyclic_}}}}.dump());
  Handle("a");  // of the older version
  EXPECT_FALSE(Stored(SetPath("a")).contains("status"));
  EXPECT_TRUE(queue_.NextDue().has_value());
  Hear(SetPath("a"));
  Handle("a");
  EXPECT_EQ(Stored(SetPath("a"))["status"]["ready"], false);
}

TEST_F(OperationSetWorkerTest, CountsSetsByReadiness) {
  PutSet("a", valid_);
  PutSet("b", valid_);
  PutSet("c", cyclic_);
  for (const char* name : {"a", "b", "c"}) Handle(name);
  worker_.Count();
  EXPECT_TRUE(HasMetric(R"(kubediag_operation_sets{ready="true"} 2)"));
  EXPECT_TRUE(HasMetric(R"(kubediag_operation_sets{ready="false"} 1)"));
}

TEST_F(OperationSetWorkerTest, SetThatIsGoneIsForgotten) {
  PutSet("a", valid_);
  api_.Remove(SetPath("a"));
  Handle("a");
  EXPECT_FALSE(queue_.NextDue().has_value());
}

}  // namespace
}  // namespace kubediag::controller
