#include "engine/host/reachable.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace kubediag::host {
namespace {

// Operations have no supplementary groups.
bool MayEnter(const struct stat& folder, const OperationUser& user) {
  if (user.uid == 0) return true;
  if (folder.st_uid == user.uid) return (folder.st_mode & S_IXUSR) != 0;
  if (folder.st_gid == user.gid) return (folder.st_mode & S_IXGRP) != 0;
  return (folder.st_mode & S_IXOTH) != 0;
}

bool HasAccessList(const std::string& folder) {
  return getxattr(folder.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

}  // namespace

Status CheckReachable(const std::string& folder, const OperationUser& user) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(folder, error);
  if (error) return Status::FromErrno("look at " + folder, error.value());
  std::filesystem::path at;
  for (const auto& name : real) {
    at /= name;
    struct stat info {};
    if (stat(at.c_str(), &info) != 0) return Status::FromErrno("look at " + at.string(), errno);
    if (MayEnter(info, user) || HasAccessList(at)) continue;
    return Status::PermissionDenied(at.string() + " is closed to operation user " +
                                    std::to_string(user.uid));
  }
  return Status::Ok();
}

}  // namespace kubediag::host
