// Conditions: a list with at most one entry a type. Pure functions on values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/objects.h"

namespace kubediag::api {

// Condition types and reasons that KubeDiag 0.2 - 0.3.1 defines, and ours.
inline constexpr char kConditionAccepted[] = "Accepted";
inline constexpr char kConditionComplete[] = "Complete";
inline constexpr char kConditionOperationSetNotFound[] = "OperationSetNotFound";
inline constexpr char kConditionOperationSetNotReady[] = "OperationSetNotReady";
inline constexpr char kConditionOperationSetChanged[] = "OperationSetChanged";
inline constexpr char kConditionOperationNotFound[] = "OperationNotFound";
inline constexpr char kReasonDiagnosisAccepted[] = "DiagnosisAccepted";
inline constexpr char kReasonDiagnosisComplete[] = "DiagnosisComplete";
inline constexpr char kConditionFinished[] = "Finished";    // True at every end
inline constexpr char kConditionServing[] = "Serving";      // False: a viewer ended early
inline constexpr char kConditionTruncated[] = "Truncated";  // parts of the status were cut
inline constexpr char kConditionQueued[] = "Queued";        // waiting for a limit of the node
inline constexpr char kConditionReady[] = "Ready";          // of an OperationSet

inline constexpr char kConditionTrue[] = "True";
inline constexpr char kConditionFalse[] = "False";

// Replaces the condition of the same type in place, or appends it. last_transition_time is `now`
// only if the type is new or its status changes; otherwise the former time is kept. What
// `condition` has as time is ignored. Returns whether anything changed.
bool SetCondition(std::vector<Condition>& conditions, Condition condition, Time now);

// nullptr if there is none.
const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);
bool IsConditionTrue(const std::vector<Condition>& conditions, std::string_view type);

}  // namespace kubediag::api
