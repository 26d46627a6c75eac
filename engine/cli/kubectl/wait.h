// WaitUntilEnded: watches one Diagnosis until it has Succeeded or Failed.
#pragma once

#include <stop_token>
#include <string>

#include "engine/cli/kubectl/cluster.h"
#include "engine/cli/progress.h"
#include "engine/core/deadline.h"

namespace kubediag::cli {

// As it then is. What happens meanwhile is shown on `view`, as is an API server that goes away,
// which is waited for too. NotFound: it was deleted, or is not there. DeadlineExceeded, Cancelled:
// it goes on without us.
Result<api::Diagnosis> WaitUntilEnded(Cluster& cluster, const std::string& name, Deadline deadline,
                                      ProgressView& view, const std::stop_token& stop);

}  // namespace kubediag::cli
