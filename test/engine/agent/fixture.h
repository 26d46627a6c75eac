// What the tests of the agent's jobs share: an API server in memory, a cache filled from it as a
// watch would, and the executor on operations that are lambdas.
#pragma once

#include <gtest/gtest.h>
#include <kubediag/abi.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "engine/agent/announcer.h"
#include "engine/agent/diagnosis_worker.h"
#include "engine/core/logging.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/kube_store.h"
#include "test/engine/diagnosis/fakes.h"
#include "test/engine/kube/fake_api.h"
#include "test/engine/kube/fake_clock.h"

namespace kubediag::agent {

using Json = nlohmann::json;

inline constexpr char kNode[] = "node-1";
inline constexpr char kInstance[] = "node-1_ours";

inline std::string PathOf(const std::string& name) {
  return "/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/" + name;
}

// A folder of its own, removed at the end.
class DataRoot {
 public:
  DataRoot() {
    std::string pattern = testing::TempDir() + "kubediag-agent-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~DataRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DataRoot(const DataRoot&) = delete;
  DataRoot& operator=(const DataRoot&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline diagnosis::ExecutorOptions OptionsFor(const DataRoot& root, const std::string& instance) {
  diagnosis::ExecutorOptions options;
  options.data_root = root.path();
  options.node_name = kNode;
  options.instance = instance;
  options.first_viewer_port = 0;
  options.last_viewer_port = 0;
  options.store_has_all_diagnoses = true;
  return options;
}

inline Json DiagnosisJson(const std::string& name, const Json& status = Json::object(),
                          Json spec = Json::object()) {
  spec["nodeName"] = kNode;
  spec["operationSet"] = "set";
  Json object = {{"apiVersion", "diagnosis.kubediag.org/v1"},
                 {"kind", "Diagnosis"},
                 {"metadata", {{"name", name}, {"namespace", "default"}}},
                 {"spec", std::move(spec)}};
  if (!status.empty()) object["status"] = status;
  return object;
}

// Of one operation.
inline void PutSet(kube::FakeApi& api, const std::string& operation) {
  const Json set = {{"apiVersion", "diagnosis.kubediag.org/v1"},
                    {"kind", "OperationSet"},
                    {"metadata", {{"name", "set"}}},
                    {"spec",
                     {{"adjacencyList",
                       {{{"id", 0}, {"to", {1}}},
                        {{"id", 1}, {"to", Json::array()}, {"operation", operation}}}}}}};
  api.Put("/apis/diagnosis.kubediag.org/v1/operationsets/set", set.dump());
}

inline operation::OperationDescriptor Module(const std::string& name) {
  operation::OperationDescriptor descriptor;
  descriptor.name = name;
  descriptor.version = "1.0";
  return descriptor;
}

// One whose runs serve a page.
inline void AddServer(diagnosis::FakeRunner& runner, diagnosis::FakeCatalog& catalog,
                      const std::string& name,
                      std::chrono::nanoseconds linger = std::chrono::hours(2)) {
  operation::OperationDescriptor server = Module(name);
  server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  server.restorable = true;
  catalog.Add(server);
  runner.Register(name, [linger](const operation::Job&, const std::stop_token&) {
    operation::RunOutcome outcome = diagnosis::Succeed();
    outcome.serving = true;
    outcome.linger = linger;
    return outcome;
  });
}

class AgentFixture : public ::testing::Test {
 protected:
  explicit AgentFixture(unsigned live_viewers = 32)
      : client_(api_, registry_,
                {.requests_per_second = 1e6,
                 .burst = 1e6,
                 .retry_first = milliseconds(1),
                 .retry_longest = milliseconds(2)}),
        events_(api_, registry_, {.controller = "diagnosis.kubediag.org/agent", .instance = "a"}),
        store_(client_, events_, registry_, {.node_name = kNode}),
        executor_(store_, catalog_, runner_, Limited(live_viewers), *logger_) {
    store_.set_on_written(
        [this](const api::Diagnosis& diagnosis) { cache_.RecordWrite(diagnosis); });
    catalog_.Add(Module("a"));
    runner_.Register(
        "a", [](const operation::Job&, const std::stop_token&) { return diagnosis::Succeed(); });
    PutSet(api_, "a");
  }

  kube::ObjectKey Put(const std::string& name, const Json& status = Json::object(),
                      Json spec = Json::object()) {
    api_.Put(PathOf(name), DiagnosisJson(name, status, std::move(spec)).dump());
    Hear(name);
    return {.namespace_name = "default", .name = name};
  }
  // The cache learns of the object as it is now.
  void Hear(const std::string& name) {
    auto document = kube::ParseJsonMap(api_.Get(PathOf(name)));
    ASSERT_TRUE(document.ok());
    const kube::ReadObject read = kube::ReadKnownObject(*std::move(document));
    ASSERT_NE(read.object, nullptr) << read.problem;
    cache_.Put(read.object);
  }
  Json Status(const std::string& name) const {
    const std::string text = api_.Get(PathOf(name));
    return text.empty() ? Json() : Json::parse(text).value("status", Json::object());
  }
  Json ConditionOf(const std::string& name, const std::string& type) const {
    for (const Json& condition : Status(name).value("conditions", Json::array())) {
      if (condition["type"] == type) return condition;
    }
    return Json::object();
  }
  std::string UidOf(const std::string& name) const {
    return Json::parse(api_.Get(PathOf(name)))["metadata"]["uid"];
  }
  // The queue's next key, if it is due by now, handled.
  bool HandleNext() {
    const auto key = queue_.TryTake();
    if (!key) return false;
    worker_.Handle(*key);
    queue_.Done(*key);
    return true;
  }
  std::string Phase(const std::string& name) const { return Status(name).value("phase", ""); }
  double Metric(const std::string& name) const {
    const std::string text = registry_.Text();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  DataRoot root_;
  kube::FakeApi api_;
  kube::FakeClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  diagnosis::FakeRunner runner_;
  diagnosis::FakeCatalog catalog_;
  AgentMetrics metrics_{registry_};
  kube::ObjectCache cache_;
  kube::WorkQueue queue_{clock_};
  kube::WorkQueue restores_{clock_};
  RunTable runs_;
  WaitingTable waiting_;
  kube::ApiClient client_;
  kube::EventRecorder events_;
  kube::KubeStore store_;
  diagnosis::Executor executor_;
  DiagnosisWorker worker_{{.node_name = kNode,
                           .instance = kInstance,
                           .cache = cache_,
                           .queue = queue_,
                           .restores = restores_,
                           .store = store_,
                           .executor = executor_,
                           .runs = runs_,
                           .waiting = waiting_,
                           .metrics = metrics_,
                           .logger = *logger_,
                           .clock = clock_}};
  Announcer announcer_{{.node_name = kNode,
                        .instance = kInstance,
                        .concurrency = 4,
                        .cache = cache_,
                        .store = store_,
                        .executor = executor_,
                        .runs = runs_,
                        .waiting = waiting_,
                        .metrics = metrics_,
                        .logger = *logger_,
                        .clock = clock_}};

 private:
  diagnosis::ExecutorOptions Limited(unsigned live_viewers) const {
    diagnosis::ExecutorOptions options = OptionsFor(root_, kInstance);
    options.limits.live_viewers = live_viewers;
    return options;
  }
};

}  // namespace kubediag::agent
