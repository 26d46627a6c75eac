// Slash-separated paths as Go's path/filepath treats them: pprof names files after it.
//
// Pure functions on text; no file system is asked.
#pragma once

#include <string>
#include <string_view>

namespace kubediag::report {

// The shortest equal path: no "//", no ".", no ".." that can be resolved; "." for nothing.
std::string CleanPath(std::string_view path);

// The last element: "." for nothing, "/" for only slashes.
std::string_view BaseName(std::string_view path);

}  // namespace kubediag::report
