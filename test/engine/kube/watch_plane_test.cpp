// The watching side against a real API server; started by run_on_plane.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

#include "engine/api/decode.h"
#include "engine/kube/api_client.h"
#include "engine/kube/cpprest_transport.h"
#include "engine/kube/lease_election.h"
#include "engine/kube/reflector.h"

namespace kubediag::kube {
namespace {

using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;
using testing::HasSubstr;

constexpr seconds kPatience{90};

void Plane(const std::string& command) {
  std::cout << "PLANE " << command << std::endl;
  std::string answer;
  std::getline(std::cin, answer);
  ASSERT_EQ(answer, "done");
}

// What is told, and when, for one who waits for it.
class Told : public WatchHandler {
 public:
  void OnChange(const Change& change) override {
    const std::lock_guard lock(mutex_);
    constexpr std::string_view kTypes[] = {"added ", "updated ", "removed "};
    texts_.push_back(std::string(kTypes[static_cast<size_t>(change.type)]) +
                     change.object->metadata().name);
    times_.push_back(SteadyClock::now());
    changed_.notify_all();
  }
  void OnSynced() override { Add("synced"); }

  // The time of the first such text; fails the test if it does not come.
  SteadyClock::time_point Await(const std::string& text) {
    std::unique_lock lock(mutex_);
    const auto find = [&] { return std::find(texts_.begin(), texts_.end(), text); };
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return find() != texts_.end(); }))
        << "never told: " << text;
    return find() == texts_.end() ? SteadyClock::now()
                                  : times_[static_cast<size_t>(find() - texts_.begin())];
  }
  size_t Count(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count(texts_.begin(), texts_.end(), text));
  }

 private:
  void Add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(text);
    times_.push_back(SteadyClock::now());
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
  std::vector<SteadyClock::time_point> times_;
};

std::unique_ptr<Transport> Connect() {
  static const bool once = (InitializeHttpLibrary(), true);
  (void)once;
  Result<kubeconfig::ClusterConfig> config = kubeconfig::LoadClusterConfig({});
  EXPECT_TRUE(config.ok()) << config.status().ToString();
  TransportOptions options;
  options.user_agent = "kubediag-test";
  Result<std::unique_ptr<Transport>> transport = MakeTransport(*std::move(config), options);
  EXPECT_TRUE(transport.ok()) << transport.status().ToString();
  return *std::move(transport);
}

// A Reflector at work on the Diagnoses of one node.
class Watching {
 public:
  Watching(Transport& transport, std::string selector, std::function<bool(const api::Object&)> is)
      : reflector_({kDiagnoses, "", std::move(selector), std::move(is)},
                   {transport, cache, told, metrics, *logger_, SystemClock(), MakeRandomSource()}),
        thread_([this](const std::stop_token& stop) { reflector_.Run(stop); }) {
    told.Await("synced");
  }

  ObjectCache cache;
  Told told;
  metrics::Registry metrics;

 private:
  std::unique_ptr<Logger> logger_ = MakeStderrLogger(LogLevel::kInfo, LogFormat::kText);
  Reflector reflector_;
  std::jthread thread_;
};

class PlaneTest : public testing::Test {
 protected:
  static std::string Body(const std::string& name, const std::string& node) {
    return R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis","metadata":{"name":")" +
           name + R"(","namespace":"default"},"spec":{"operationSet":"set","nodeName":")" + node +
           R"("}})";
  }
  void Create(const std::string& name, const std::string& node = "node-1") {
    const Result<std::string> created = client_.Create(kDiagnoses, "default", Body(name, node));
    ASSERT_TRUE(created.ok()) << created.status().ToString();
  }
  api::Object WriteMessage(const std::string& name, const std::string& message) {
    const Result<std::string> written = client_.MergePatch(
        kDiagnoses, "default", name, "status", R"({"status":{"message":")" + message + R"("}})");
    EXPECT_TRUE(written.ok()) << written.status().ToString();
    return api::Decode(*written, "").objects.at(0).object;
  }
  void Delete(const std::string& name) {
    EXPECT_TRUE(client_.Delete(kDiagnoses, "default", name, {}).ok());
  }
  static bool IsOnNode1(const api::Object& object) {
    return std::get<api::Diagnosis>(object).spec.node_name == "node-1";
  }

  std::unique_ptr<Transport> transport_ = Connect();
  metrics::Registry registry_;
  ApiClient client_{*transport_, registry_};
};

TEST_F(PlaneTest, TellsOfEveryChangeOfItsNodeWithinMilliseconds) {
  Watching watching(*transport_, "spec.nodeName=node-1", IsOnNode1);
  Create("elsewhere", "node-2");
  constexpr int kObjects = 30;
  std::vector<double> delays;
  for (int i = 0; i < kObjects; ++i) {
    const std::string name = "d" + std::to_string(i);
    const auto before = SteadyClock::now();
    Create(name);
    delays.push_back(
        std::chrono::duration<double, std::milli>(watching.told.Await("added " + name) - before)
            .count());
  }
  WriteMessage("d0", "changed");
  watching.told.Await("updated d0");
  for (int i = 0; i < kObjects; ++i) Delete("d" + std::to_string(i));
  for (int i = 0; i < kObjects; ++i) watching.told.Await("removed d" + std::to_string(i));
  EXPECT_EQ(watching.cache.size(), 0u);
  EXPECT_EQ(watching.told.Count("added elsewhere"), 0u);
  EXPECT_EQ(watching.told.Count("synced"), 1u);
  Delete("elsewhere");
  std::sort(delays.begin(), delays.end());
  std::printf("created -> told: median %.1f ms, most %.1f ms, of %d\n", delays[kObjects / 2],
              delays.back(), kObjects);
}

TEST_F(PlaneTest, TakesItsOwnWriteForNoNews) {
  Watching watching(*transport_, "spec.nodeName=node-1", IsOnNode1);
  Create("mine");
  watching.told.Await("added mine");
  // In any order of the answer and the event: only the write that was recorded first is certain.
  const api::Object written = WriteMessage("mine", "one");
  watching.cache.RecordWrite(written);
  const std::string version = api::MetadataOf(written).resource_version;
  const ObjectPtr known = watching.cache.Find(ObjectKey{"default", "mine"});
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->metadata().resource_version, version);
  EXPECT_EQ(std::get<api::Diagnosis>(known->object).status.message, "one");
  EXPECT_LE(watching.told.Count("updated mine"), 1u);
  Delete("mine");
  watching.told.Await("removed mine");
}

TEST_F(PlaneTest, FiltersASelectorThatTheDefinitionDoesNotDeclare) {
  Create("a", "node-1");
  Create("b", "node-2");
  Watching watching(*transport_, "spec.operationSet=set", IsOnNode1);
  EXPECT_EQ(watching.told.Count("added a"), 1u);
  EXPECT_EQ(watching.told.Count("added b"), 0u);
  EXPECT_THAT(watching.metrics.Text(),
              HasSubstr("kubediag_watch_client_side_filter{resource=\"diagnoses\"} 1"));
  Create("c", "node-2");
  Create("d", "node-1");
  watching.told.Await("added d");
  EXPECT_EQ(watching.cache.size(), 2u);
  for (const char* name : {"a", "b", "c", "d"}) Delete(name);
  watching.told.Await("removed d");
}

TEST_F(PlaneTest, FindsTheTruthAfterTheServerWasKilled) {
  Watching watching(*transport_, "spec.nodeName=node-1", IsOnNode1);
  Create("stays");
  Create("goes");
  watching.told.Await("added goes");
  ASSERT_NO_FATAL_FAILURE(Plane("kill"));
  ASSERT_NO_FATAL_FAILURE(Plane("restart"));
  const auto restarted = SteadyClock::now();
  ASSERT_NO_FATAL_FAILURE(Plane("kubectl delete diagnosis goes"));
  Create("comes");
  watching.told.Await("removed goes");
  const auto found = watching.told.Await("added comes");
  EXPECT_EQ(watching.told.Count("added stays"), 1u);
  EXPECT_EQ(watching.told.Count("updated stays"), 0u);
  EXPECT_EQ(watching.cache.size(), 2u);
  std::printf("API server ready -> truth: %.1f s\n",
              std::chrono::duration<double>(found - restarted).count());
  const std::string text = watching.metrics.Text();
  for (size_t at = text.find("kubediag_watch_restarts_total{"); at != std::string::npos;
       at = text.find("kubediag_watch_restarts_total{", at + 1)) {
    std::printf("  %s\n", text.substr(at, text.find('\n', at) - at).c_str());
  }
  Delete("stays");
  Delete("comes");
}

// A candidate on a thread of its own, with short times.
class Candidate {
 public:
  Candidate(Transport& transport, const std::string& identity)
      : election(Options(identity), transport, metrics_, *logger_, SystemClock(),
                 MakeRandomSource()) {}
  void Start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { election.Run(stop); });
  }
  void Stop() {
    thread_.request_stop();
    thread_.join();
  }
  bool AwaitLeading() {
    const auto end = SteadyClock::now() + kPatience;
    while (!election.IsLeader() && SteadyClock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return election.IsLeader();
  }

 private:
  static ElectionOptions Options(const std::string& identity) {
    ElectionOptions options;
    options.namespace_name = "default";
    options.lease_name = "kubediag-test";
    options.identity = identity;
    options.lease_duration = seconds(4);
    options.renew_deadline = seconds(3);
    options.retry_period = seconds(1);
    return options;
  }

  metrics::Registry metrics_;
  std::unique_ptr<Logger> logger_ = MakeStderrLogger(LogLevel::kInfo, LogFormat::kText);

 public:
  LeaseElection election;

 private:
  std::jthread thread_;
};

TEST_F(PlaneTest, HandsTheLeaseOverAndTakesItFromOneWhoIsGone) {
  Candidate first(*transport_, "first");
  ASSERT_LE(first.election.Step({}), seconds(1));
  ASSERT_TRUE(first.election.IsLeader());  // and is not heard of again
  Candidate second(*transport_, "second");
  Candidate third(*transport_, "third");
  const auto started = SteadyClock::now();
  second.Start();
  ASSERT_TRUE(second.AwaitLeading());
  EXPECT_GE(SteadyClock::now() - started, seconds(4) - std::chrono::milliseconds(50));
  EXPECT_FALSE(first.election.IsLeader());
  third.Start();
  const auto stopped = SteadyClock::now();
  second.Stop();
  ASSERT_TRUE(third.AwaitLeading());
  const auto handed_over = SteadyClock::now() - stopped;
  EXPECT_LT(handed_over, seconds(4)) << "the lease was given back";
  std::printf("handed over in %.1f s\n", std::chrono::duration<double>(handed_over).count());
  third.Stop();
  const Result<std::string> lease = client_.Get(kLeases, "default", "kubediag-test");
  ASSERT_TRUE(lease.ok());
  EXPECT_EQ(ParseLease(*lease)->transitions, 2);
}

}  // namespace
}  // namespace kubediag::kube
