#include "engine/api/conditions.h"

#include <algorithm>
#include <utility>

namespace kubediag::api {

bool SetCondition(std::vector<Condition>& conditions, Condition condition, Time now) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const Condition& candidate) { return candidate.type == condition.type; });
  if (found == conditions.end()) {
    condition.last_transition_time = now;
    conditions.push_back(std::move(condition));
    return true;
  }
  const bool same_status = found->status == condition.status;
  if (same_status && found->reason == condition.reason && found->message == condition.message) {
    return false;
  }
  condition.last_transition_time = same_status ? found->last_transition_time : now;
  *found = std::move(condition);
  return true;
}

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const Condition& candidate) { return candidate.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool IsConditionTrue(const std::vector<Condition>& conditions, std::string_view type) {
  const Condition* const condition = FindCondition(conditions, type);
  return condition != nullptr && condition->status == kConditionTrue;
}

}  // namespace kubediag::api
