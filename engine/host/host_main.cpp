// kubediag-operation-host: one operation of one module in a process of its own. Started by the
// engine only; see host_arguments.h for what it is given.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/host/confinement.h"
#include "engine/host/host_arguments.h"
#include "engine/host/host_session.h"

namespace kubediag::host {
namespace {

// Out of the way of a module that writes to, or closes, the descriptors it believes to be its own.
Result<UniqueFd> MoveUp(int fd) {
  constexpr rlim_t kRoom = 16;
  rlimit limit{};  // what we were given ourselves may be less than what the engine asks for
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return Status::FromErrno("RLIMIT_NOFILE", errno);
  const rlim_t highest = std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max());
  const rlim_t least = highest > 2 * kRoom ? highest - kRoom : highest / 2;
  UniqueFd moved(fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(least)));
  if (!moved.valid()) return Status::FromErrno("move the protocol descriptor", errno);
  close(fd);
  return moved;
}

int Main(const std::vector<std::string>& words) {
  const auto arguments = ParseHostArguments(words);
  if (!arguments.ok()) {
    std::fprintf(stderr, "kubediag-operation-host: %s\n", arguments.status().message().c_str());
    return kExitUsage;
  }
  const Status confined = Confine(*arguments);
  auto channel = MoveUp(kChannelFd);
  UniqueFd module(kModuleFd);
  fcntl(module.get(), F_SETFD, FD_CLOEXEC);
  if (!channel.ok()) {
    std::fprintf(stderr, "kubediag-operation-host: %s\n", channel.status().message().c_str());
    return kExitChannelLost;
  }
  HostSession session(*std::move(channel), arguments->parent);
  if (!confined.ok()) return session.Refuse(confined.Annotate("confine the operation"));
  const int exit = session.Serve(std::move(module), arguments->shown_name);
  // No static destructor of a module may spoil what has been answered.
  _exit(exit);
}

}  // namespace
}  // namespace kubediag::host

int main(int argc, char** argv) {
  return kubediag::host::Main(std::vector<std::string>(argv + 1, argv + argc));
}
