#include "engine/host/confinement.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "engine/host/capabilities.h"

namespace kubediag::host {
namespace {

Status ChangeUser(const OperationUser& user) {
  const auto fail = [&](const char* call) {
    return Status::FromErrno(std::string(call) + " to operation user " + std::to_string(user.uid),
                             errno);
  };
  KUBEDIAG_RETURN_IF_ERROR(DropBoundingSet());  // while we may
  if (setgroups(0, nullptr) != 0) return fail("setgroups");
  if (setresgid(user.gid, user.gid, user.gid) != 0) return fail("setresgid");
  if (setresuid(user.uid, user.uid, user.uid) != 0) return fail("setresuid");
  KUBEDIAG_RETURN_IF_ERROR(DropCapabilities());
  // Other runs of the same user must not get at its memory and descriptors. Changing the user does
  // so already, if it was a change.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail("prctl");
  return {};
}

Status Limit(__rlimit_resource resource, const char* name, rlim_t value) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return Status::FromErrno(name, errno);
  // Never above what we were given ourselves.
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(resource, &limit) != 0) return Status::FromErrno(name, errno);
  return {};
}

Status SetLimits(const HostArguments& arguments) {
#ifndef KUBEDIAG_SANITIZED
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_AS, "RLIMIT_AS", arguments.memory_bytes));
#endif
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_FSIZE, "RLIMIT_FSIZE", arguments.file_bytes));
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", arguments.descriptors));
  if (arguments.cpu_seconds > 0) {
    KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_CPU, "RLIMIT_CPU", arguments.cpu_seconds));
  }
  return Limit(RLIMIT_CORE, "RLIMIT_CORE", 0);
}

}  // namespace

Status Confine(const HostArguments& arguments) {
  if (arguments.user) KUBEDIAG_RETURN_IF_ERROR(ChangeUser(*arguments.user));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Status::FromErrno("no_new_privs", errno);
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return Status::FromErrno("pdeathsig", errno);
  if (getppid() != arguments.parent) return Status::Unavailable("the engine is gone");
  return SetLimits(arguments);
}

}  // namespace kubediag::host
