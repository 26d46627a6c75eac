#include "engine/cli/kubectl/agent_pod.h"

#include "engine/cli/text.h"
#include "engine/kube/json_reading.h"

namespace kubediag::cli {
namespace {

using kube::ListAt;
using kube::MapAt;
using kube::TextAt;

enum class Fitness { kNone, kRuns, kReady };

Fitness FitnessOf(const api::Value& pod) {
  const api::Value* const metadata = MapAt(pod, "metadata");
  const api::Value* const status = MapAt(pod, "status");
  const bool runs = metadata != nullptr && status != nullptr &&
                    TextAt(*metadata, "deletionTimestamp").empty() &&
                    TextAt(*status, "phase") == "Running";
  if (!runs) return Fitness::kNone;
  const api::Value* const conditions = ListAt(*status, "conditions");
  if (conditions == nullptr) return Fitness::kRuns;
  for (const api::Value& condition : conditions->items) {
    if (TextAt(condition, "type") == "Ready" && TextAt(condition, "status") == "True") {
      return Fitness::kReady;
    }
  }
  return Fitness::kRuns;
}

}  // namespace

Result<std::string> ChooseAgentPod(const api::Value& pods, const std::string& namespace_name,
                                   const std::string& node) {
  std::string chosen;
  std::string first;
  Fitness best = Fitness::kNone;
  for (const api::Value& pod : pods.items) {
    const api::Value* const metadata = MapAt(pod, "metadata");
    const std::string name = metadata == nullptr ? "" : TextAt(*metadata, "name");
    if (first.empty()) first = name;
    if (const Fitness fitness = FitnessOf(pod); fitness > best) {
      best = fitness;
      chosen = name;
    }
  }
  if (!chosen.empty()) return chosen;
  const std::string where = " on node " + node + " in namespace " + namespace_name;
  if (!first.empty()) {
    return Status::NotFound("the agent's Pod" + where + ", " + Printable(first) + ", does not run");
  }
  return Status::NotFound("there is no Pod of the agent" + where + " (labels " + kAgentLabels +
                          "); --agent-namespace names another, --direct does without");
}

}  // namespace kubediag::cli
