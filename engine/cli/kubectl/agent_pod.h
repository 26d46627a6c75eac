// The agent's Pod on a node, through which its pages are reached. Pure functions.
#pragma once

#include <string>

#include "engine/api/value.h"
#include "engine/core/result.h"

namespace kubediag::cli {

inline constexpr char kAgentLabels[] =
    "app.kubernetes.io/name=kubediag,app.kubernetes.io/component=agent";

// The name of the one that is ready, or at least runs. `pods` is a list of Pods. NotFound says
// whether there is none, or none that runs.
Result<std::string> ChooseAgentPod(const api::Value& pods, const std::string& namespace_name,
                                   const std::string& node);

}  // namespace kubediag::cli
