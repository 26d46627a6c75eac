// What the tests of the controller's jobs share: an API server in memory, and caches filled from it
// as a watch would.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/controller/controller_metrics.h"
#include "engine/core/logging.h"
#include "engine/kube/api_client.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/work_queue.h"
#include "test/engine/kube/fake_api.h"
#include "test/engine/kube/fake_clock.h"

namespace kubediag::controller {

using Json = nlohmann::json;

inline std::string DiagnosisPath(const std::string& name) {
  return "/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/" + name;
}
inline std::string SetPath(const std::string& name) {
  return "/apis/diagnosis.kubediag.org/v1/operationsets/" + name;
}
inline std::string NodePath(const std::string& name) { return "/api/v1/nodes/" + name; }
inline constexpr char kPodPath[] = "/api/v1/namespaces/shop/pods/web-0";

class ControllerFixture : public ::testing::Test {
 protected:
  ControllerFixture()
      : client_(api_, registry_,
                {.requests_per_second = 1e6,
                 .burst = 1e6,
                 .retry_first = milliseconds(1),
                 .retry_longest = milliseconds(2)}),
        events_(api_, registry_,
                {.controller = "diagnosis.kubediag.org/controller", .instance = "c"}),
        store_(client_, events_, registry_, {}),
        metrics_(registry_),
        queue_(clock_) {
    store_.set_on_written(
        [this](const api::Diagnosis& diagnosis) { cache_.RecordWrite(diagnosis); });
  }

  // `spec` and `status` are JSON.
  void PutDiagnosis(const std::string& name, const Json& spec,
                    const Json& status = Json::object()) {
    Json object = {{"apiVersion", "diagnosis.kubediag.org/v1"},
                   {"kind", "Diagnosis"},
                   {"metadata", {{"name", name}, {"namespace", "default"}}},
                   {"spec", spec}};
    object["spec"]["operationSet"] = "set";
    if (!status.empty()) object["status"] = status;
    api_.Put(DiagnosisPath(name), object.dump());
    Hear(DiagnosisPath(name));
  }

  // The cache learns of the object as it is now.
  void Hear(const std::string& path) {
    auto document = kube::ParseJsonMap(api_.Get(path));
    ASSERT_TRUE(document.ok());
    const kube::ReadObject read = kube::ReadKnownObject(*std::move(document));
    ASSERT_NE(read.object, nullptr) << read.problem;
    cache_.Put(read.object);
  }

  Json Stored(const std::string& path) const {
    const std::string text = api_.Get(path);
    return text.empty() ? Json() : Json::parse(text);
  }
  Json StoredStatus(const std::string& name) const {
    return Stored(DiagnosisPath(name)).value("status", Json::object());
  }
  // The condition of this type, null if there is none.
  static Json ConditionOf(const Json& status, const std::string& type) {
    for (const Json& condition : status.value("conditions", Json::array())) {
      if (condition["type"] == type) return condition;
    }
    return {};
  }
  // The Events about objects so far, once they have been sent.
  std::vector<Json> Events() {
    EXPECT_TRUE(events_.Flush(Deadline::After(std::chrono::seconds(30))));
    std::vector<Json> events;
    for (const std::string& path : api_.Paths()) {
      if (path.find("/events/") != std::string::npos) events.push_back(Stored(path));
    }
    return events;
  }
  bool HasMetric(const std::string& line) const {
    return registry_.Text().find("\n" + line + "\n") != std::string::npos;
  }

  kube::FakeApi api_;
  kube::FakeClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  kube::ObjectCache cache_;
  kube::ApiClient client_;
  kube::EventRecorder events_;
  kube::KubeStore store_;
  ControllerMetrics metrics_;
  kube::WorkQueue queue_;
  std::stop_token never_;
};

}  // namespace kubediag::controller
