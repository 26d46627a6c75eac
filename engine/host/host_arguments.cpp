#include "engine/host/host_arguments.h"

#include <charconv>
#include <string_view>

namespace kubediag::host {
namespace {

constexpr size_t kCount = 8;

Result<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status::InvalidArgument("\"" + std::string(text) + "\" is not a number");
  }
  return value;
}

}  // namespace

std::vector<std::string> FormatHostArguments(const HostArguments& arguments) {
  return {
      std::to_string(arguments.parent),
      arguments.shown_name,
      std::to_string(arguments.memory_bytes),
      std::to_string(arguments.file_bytes),
      std::to_string(arguments.descriptors),
      std::to_string(arguments.cpu_seconds),
      arguments.user ? std::to_string(arguments.user->uid) : "-",
      arguments.user ? std::to_string(arguments.user->gid) : "-",
  };
}

Result<HostArguments> ParseHostArguments(const std::vector<std::string>& arguments) {
  if (arguments.size() != kCount) {
    return Status::InvalidArgument("this program is started by kubediag, not by hand");
  }
  HostArguments parsed;
  KUBEDIAG_ASSIGN_OR_RETURN(const uint64_t parent, ParseNumber(arguments[0]));
  parsed.parent = static_cast<pid_t>(parent);
  parsed.shown_name = arguments[1];
  KUBEDIAG_ASSIGN_OR_RETURN(parsed.memory_bytes, ParseNumber(arguments[2]));
  KUBEDIAG_ASSIGN_OR_RETURN(parsed.file_bytes, ParseNumber(arguments[3]));
  KUBEDIAG_ASSIGN_OR_RETURN(parsed.descriptors, ParseNumber(arguments[4]));
  KUBEDIAG_ASSIGN_OR_RETURN(parsed.cpu_seconds, ParseNumber(arguments[5]));
  if (arguments[6] != "-") {
    KUBEDIAG_ASSIGN_OR_RETURN(const uint64_t uid, ParseNumber(arguments[6]));
    KUBEDIAG_ASSIGN_OR_RETURN(const uint64_t gid, ParseNumber(arguments[7]));
    parsed.user = OperationUser{static_cast<uid_t>(uid), static_cast<gid_t>(gid)};
  }
  return parsed;
}

}  // namespace kubediag::host
