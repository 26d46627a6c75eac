// The command line of kubediag-operation-host, written by the engine and read by the program.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/host/process_runner.h"

namespace kubediag::host {

// Descriptors the host is started with, beside 0-2 (1 and 2 are the log).
inline constexpr int kChannelFd = 3;
inline constexpr int kModuleFd = 4;

struct HostArguments {
  pid_t parent = 0;        // the engine; the host ends when it has another parent
  std::string shown_name;  // of the module, in messages
  uint64_t memory_bytes = 0;
  uint64_t file_bytes = 0;
  uint64_t descriptors = 0;
  uint64_t cpu_seconds = 0;  // 0: no limit
  std::optional<OperationUser> user;
};

std::vector<std::string> FormatHostArguments(const HostArguments& arguments);
// InvalidArgument for anything that FormatHostArguments() does not write.
Result<HostArguments> ParseHostArguments(const std::vector<std::string>& arguments);

}  // namespace kubediag::host
