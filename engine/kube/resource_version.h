// Comparing resourceVersions. Officially opaque before Kubernetes 1.35, integers in fact and since:
// what is no integer compares as unknown, and callers then take it for news. Pure functions.
#pragma once

#include <compare>
#include <string_view>

namespace kubediag::kube {

// unordered if one of them is empty or no decimal number. Numbers of any length.
std::partial_ordering CompareVersions(std::string_view a, std::string_view b);

// Whether an object of version `event` tells nothing to one who knows version `known`: it is as old
// or older. False when in doubt.
bool IsOldNews(std::string_view event, std::string_view known);

}  // namespace kubediag::kube
