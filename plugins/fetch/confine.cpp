#include "plugins/fetch/confine.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace kubediag::fetch {
namespace {

Status Limit(__rlimit_resource_t resource, const char* name, rlim_t value) {
  const rlimit limit{value, value};
  if (setrlimit(resource, &limit) != 0 && errno != EPERM) {
    return Status::FromErrno(std::string("limit ") + name, errno);
  }
  return Status::Ok();
}

}  // namespace

Status ConfineEarly() {
  const pid_t parent = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Status::FromErrno("prctl", errno);
  if (getppid() != parent) return Status::Cancelled("the parent has ended");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Status::FromErrno("prctl", errno);
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return Status::FromErrno("prctl", errno);
  signal(SIGXFSZ, SIG_IGN);  // a write past the limit fails instead
  signal(SIGPIPE, SIG_IGN);
  return Limit(RLIMIT_CORE, "core files", 0);
}

Status ConfineTo(const Request& request) {
#ifndef KUBEDIAG_SANITIZED  // sanitizers reserve terabytes of addresses
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_AS, "memory", kFetchMemoryBytes + request.body.size()));
#endif
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_NOFILE, "descriptors", kFetchDescriptors));
  KUBEDIAG_RETURN_IF_ERROR(Limit(RLIMIT_FSIZE, "file size", request.max_body_bytes));
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(request.total_timeout) + std::chrono::seconds(5);
  return Limit(RLIMIT_CPU, "processor time", static_cast<rlim_t>(seconds.count()));
}

}  // namespace kubediag::fetch
