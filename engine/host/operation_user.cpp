#include <pwd.h>

#include <charconv>
#include <string>
#include <vector>

#include "engine/host/process_runner.h"

namespace kubediag::host {
namespace {

// -1 is no id: the kernel takes it for "leave as it is".
std::optional<uint32_t> ParseId(std::string_view text) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == UINT32_MAX) return {};
  return id;
}

}  // namespace

Result<OperationUser> ParseOperationUser(std::string_view text) {
  const size_t colon = text.find(':');
  const auto uid = ParseId(text.substr(0, colon));
  if (colon != std::string_view::npos) {
    const auto gid = ParseId(text.substr(colon + 1));
    if (uid && gid) return OperationUser{*uid, *gid};
    return Status::InvalidArgument("operation user \"" + std::string(text) + "\" is not UID:GID");
  }
  if (uid) return OperationUser{*uid, *uid};
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(64 * kKiB);
  const std::string name(text);
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Status::NotFound("operation user \"" + name + "\" is not known");
  return OperationUser{found->pw_uid, found->pw_gid};
}

}  // namespace kubediag::host
