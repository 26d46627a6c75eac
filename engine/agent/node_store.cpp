#include "engine/agent/node_store.h"

#include <variant>

namespace kubediag::agent {

Result<std::vector<api::Diagnosis>> NodeStore::ListDiagnoses() {
  if (!synced_()) {
    return Status::Unavailable("the diagnoses of this node have not been read yet");
  }
  std::vector<api::Diagnosis> diagnoses;
  for (const kube::ObjectPtr& object : cache_.List()) {
    const auto* diagnosis = std::get_if<api::Diagnosis>(&object->object);
    if (diagnosis == nullptr) continue;
    diagnoses.push_back(*diagnosis);
    // What its status says cannot be relied upon: it may be under way.
    if (!object->problem.empty()) diagnoses.back().status = {};
  }
  return diagnoses;
}

}  // namespace kubediag::agent
