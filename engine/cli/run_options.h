// What `kubediag run` is told. A plain value, filled by the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cli/node_options.h"

namespace kubediag::cli {

struct RunOptions : NodeOptions {
  std::vector<std::string> sources;
  std::optional<OutputFormat> format;
  bool exit = false;         // do not wait for operations that serve
  bool watch = false;        // stay and run what appears
  std::string metrics_file;  // empty: none
};

}  // namespace kubediag::cli
