// A browser that shows a page.
#pragma once

#include <string>

#include "engine/core/status.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::cli {

// Starts xdg-open (or open) of the PATH, which finds the user's browser, and does not wait for it:
// some browsers run in its place. NotFound: there is neither.
Status OpenBrowser(const std::string& url, const kubeconfig::Surroundings& surroundings);

}  // namespace kubediag::cli
