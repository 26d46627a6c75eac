// The URL that an Operation's httpServer settings mean.
#pragma once

#include <kubediag/job.h>

#include <string>

#include "engine/core/result.h"

namespace kubediag::http_server {

// InvalidArgument names the setting at fault.
Result<std::string> EndpointUrl(const Values& settings);

}  // namespace kubediag::http_server
