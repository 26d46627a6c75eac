#include "bench/cluster/diagnosis_watch.h"

#include <chrono>
#include <cstdio>
#include <utility>
#include <variant>

#include "engine/kube/paths.h"
#include "engine/kube/watch_decoder.h"

namespace kubediag::bench {
namespace {

constexpr std::chrono::seconds kIdle{3700};

std::string Target(const std::string& node_name) {
  kube::Query query = {{"watch", "1"}, {"timeoutSeconds", "3600"}};
  if (!node_name.empty()) query.emplace_back("fieldSelector", "spec.nodeName=" + node_name);
  return kube::CollectionTarget(kube::kDiagnoses, "", query).value();
}

}  // namespace

DiagnosisWatch::DiagnosisWatch(kube::Transport& transport, const std::string& node_name,
                               OnDiagnosis on_diagnosis)
    : transport_(transport),
      target_(Target(node_name)),
      on_diagnosis_(std::move(on_diagnosis)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void DiagnosisWatch::Run(const std::stop_token& stop) const {
  while (!stop.stop_requested()) {
    kube::WatchDecoder decoder;
    const auto on_event = [this](const kube::WatchEvent& event) {
      const bool tells = event.type == kube::WatchEventType::kAdded ||
                         event.type == kube::WatchEventType::kModified;
      if (!tells || !event.object) return Status::Ok();
      if (const auto* diagnosis = std::get_if<api::Diagnosis>(&event.object->object)) {
        on_diagnosis_(*diagnosis);
      }
      return Status::Ok();
    };
    const auto ended = transport_.Stream(
        {.target = target_}, kIdle,
        [&](std::string_view bytes) { return decoder.Add(bytes, on_event); }, stop);
    if (stop.stop_requested()) return;
    fprintf(stderr, "watch ended: %s\n", ended.status().ToString().c_str());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace kubediag::bench
