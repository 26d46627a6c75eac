// The whole agent: an API server in memory, real time.
#include "engine/agent/agent.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include "test/engine/agent/fixture.h"

namespace kubediag::agent {
namespace {

// Its watches say nothing: the list has all there is.
class QuietApi : public kube::FakeApi {
 public:
  Result<kube::Response> Stream(const kube::Request&, std::chrono::seconds, const OnBytes&,
                                const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return Status::Cancelled("stopped");
  }
};

template <typename Condition>
bool Eventually(Condition condition) {
  for (const Deadline until = Deadline::After(std::chrono::seconds(60)); !until.Passed();) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

class AgentTest : public ::testing::Test {
 protected:
  void Start() {
    AgentOptions options;
    options.executor = OptionsFor(root_, kInstance);
    options.executor.limits.concurrent_operations = 1;
    options.executor.retention.min_age = {};
    options.probe_address = "127.0.0.1";
    options.probe_port = 0;
    auto agent = Agent::Open(std::move(options), {.transport = api_,
                                                  .catalog = catalog_,
                                                  .runner = runner_,
                                                  .registry = registry_,
                                                  .logger = *logger_});
    ASSERT_TRUE(agent.ok()) << agent.status().ToString();
    agent_ = *std::move(agent);
    thread_ = std::jthread([this](const std::stop_token& stop) { agent_->Run(stop); });
  }
  void End() {
    thread_.request_stop();
    thread_.join();
  }
  std::string Phase(const std::string& name) const {
    return Json::parse(api_.Get(PathOf(name))).value("status", Json::object()).value("phase", "");
  }
  size_t Lists() const {
    size_t lists = 0;
    for (const kube::Request& request : api_.Seen()) {
      lists += request.target.find("/diagnoses?limit=") != std::string::npos ? 1 : 0;
    }
    return lists;
  }

  DataRoot root_;
  QuietApi api_;
  metrics::Registry registry_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  diagnosis::FakeRunner runner_;
  diagnosis::FakeCatalog catalog_;
  std::unique_ptr<Agent> agent_;
  std::jthread thread_;
};

TEST_F(AgentTest, NoPageAndNoProcessIsLeftWhenItEnds) {
  AddServer(runner_, catalog_, "server");
  PutSet(api_, "server");
  api_.Put(PathOf("d"), DiagnosisJson("d").dump());
  Start();
  ASSERT_TRUE(Eventually([this] { return Phase("d") == "Succeeded"; }));
  EXPECT_EQ(runner_.Live(), 1U);
  End();
  EXPECT_EQ(runner_.Live(), 0U);
}

TEST_F(AgentTest, OldDataGoesAndNothingIsListedThoughItsWorkersNeverRest) {
  std::atomic<bool> ends = false;
  catalog_.Add(Module("long"));
  runner_.Register("long", [&ends](const operation::Job& job, const std::stop_token& stop) {
    while (!ends && !stop.stop_requested()) std::this_thread::yield();
    return stop.stop_requested() ? diagnosis::Hang(job, stop) : diagnosis::Succeed();
  });
  PutSet(api_, "long");
  const std::string old = root_.path() + "/runs/uid-of-one-deleted";
  std::filesystem::create_directories(old);
  api_.Put(PathOf("d"), DiagnosisJson("d").dump());
  Start();
  ASSERT_TRUE(Eventually([this] { return runner_.Runs("long") == 1; }));
  EXPECT_TRUE(Eventually([&old] { return !std::filesystem::exists(old); }));
  EXPECT_EQ(Phase("d"), "Running");
  EXPECT_EQ(Lists(), 1U);
  ends = true;
  EXPECT_TRUE(Eventually([this] { return Phase("d") == "Succeeded"; }));
  End();
}

}  // namespace
}  // namespace kubediag::agent
