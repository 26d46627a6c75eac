// What an API server's refusals mean to a person: no such Diagnosis, no KubeDiag, no right. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/status.h"

namespace kubediag::cli {

// `status` is ApiClient's; code and reason stay. `server` says in a message whom it is about:
// "context admin of ~/.kube/config". Ok stays ok.
Status ExplainRefusal(const Status& status, const std::string& server);

}  // namespace kubediag::cli
