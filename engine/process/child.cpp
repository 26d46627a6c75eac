#include "engine/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "engine/process/pidfd.h"
#include "engine/process/spawn_registry.h"
#include "engine/process/stop_event.h"

namespace kubediag::process {
namespace {

// The three pieces posix_spawn wants, filled from a Command.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  Status Fill(const Command& command) {
    SetAttributes(command.group);
    KUBEDIAG_RETURN_IF_ERROR(MapDescriptors(command.descriptors));
    if (!command.working_directory.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, command.working_directory.c_str());
    }
    arguments_.push_back(const_cast<char*>(command.program.c_str()));
    for (const std::string& argument : command.arguments) {
      arguments_.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments_.push_back(nullptr);
    for (const std::string& variable : command.environment) {
      environment_.push_back(const_cast<char*>(variable.c_str()));
    }
    environment_.push_back(nullptr);
    return Status::Ok();
  }

  // An errno value, or 0 with *pid set.
  int Spawn(const Command& command, pid_t* pid) {
    return posix_spawn(pid, command.program.c_str(), &actions_, &attributes_, arguments_.data(),
                       environment_.data());
  }

 private:
  void SetAttributes(Group group) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == Group::kOwn) {
      flags |= POSIX_SPAWN_SETPGROUP;
      posix_spawnattr_setpgroup(&attributes_, 0);
    }
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  Status MapDescriptors(const std::vector<DescriptorMapping>& mappings) {
    int last = STDERR_FILENO;
    for (const auto& mapping : mappings) last = std::max(last, mapping.to);
    std::vector<bool> mapped(static_cast<size_t>(last) + 1, false);
    for (const auto& mapping : mappings) {
      if (mapping.to < 0) return Status::InvalidArgument("descriptor mapped to a negative number");
      // Sources move above all targets, so that no target overwrites a source.
      UniqueFd source(fcntl(mapping.from, F_DUPFD_CLOEXEC, last + 1));
      if (!source.valid()) return Status::FromErrno("duplicate descriptor for a child", errno);
      posix_spawn_file_actions_adddup2(&actions_, source.get(), mapping.to);
      mapped[static_cast<size_t>(mapping.to)] = true;
      sources_.push_back(std::move(source));
    }
    for (int fd = 0; fd <= last; ++fd) {
      if (mapped[static_cast<size_t>(fd)]) continue;
      if (fd <= STDERR_FILENO) {
        posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
      } else {
        posix_spawn_file_actions_addclose(&actions_, fd);
      }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, last + 1);
    return Status::Ok();
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<UniqueFd> sources_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

}  // namespace

std::string Exit::ToString() const {
  if (signal != 0) return "signal " + std::to_string(signal);
  return "exit status " + std::to_string(code);
}

Result<Child> Child::Spawn(const Command& command) {
  SpawnPlan plan;
  KUBEDIAG_RETURN_IF_ERROR(plan.Fill(command));
  int error = 0;
  const pid_t pid = SpawnRegistry::OfThisProcess().Add([&] {
    pid_t spawned = -1;
    error = plan.Spawn(command, &spawned);
    return error == 0 ? spawned : -1;
  });
  if (pid < 0) return Status::FromErrno("start " + command.program, error);
  UniqueFd pidfd = OpenPidfd(pid);
  const int pidfd_error = errno;
  Child child(pid, std::move(pidfd), command.group);
  if (!child.pidfd_.valid()) return Status::FromErrno("watch " + command.program, pidfd_error);
  return child;
}

Child::Child(pid_t pid, UniqueFd pidfd, Group group)
    : pid_(pid), pidfd_(std::move(pidfd)), group_(group) {}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      group_(other.group_),
      exit_(other.exit_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    Abandon();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    group_ = other.group_;
    exit_ = other.exit_;
  }
  return *this;
}

Child::~Child() { Abandon(); }

void Child::Abandon() {
  if (pid_ < 0 || exit_) return;
  if (!Signal(SIGKILL)) return Leave();
  Reap();
}

void Child::Leave() {
  if (pid_ < 0 || exit_) return;
  // An OrphanReaper takes it from now on; so does the system once we end.
  siginfo_t info{};
  SpawnRegistry::OfThisProcess().Remove(
      pid_, [&] { waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG); });
  pid_ = -1;
  pidfd_.Reset();
}

std::optional<Exit> Child::Wait(Deadline deadline, std::stop_token stop) {
  if (exit_) return exit_;
  const StopEvent stopped(std::move(stop));
  for (;;) {
    pollfd entries[2] = {{pidfd_.get(), POLLIN, 0}, {stopped.fd(), POLLIN, 0}};
    const int ready = poll(entries, 2, deadline.PollTimeout());
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready > 0 && entries[0].revents != 0) return Reap();
    if (ready > 0 && entries[1].revents != 0) return std::nullopt;
    if (deadline.Passed()) return std::nullopt;
  }
}

Exit Child::WaitForEnd() { return exit_ ? *exit_ : Reap(); }

bool Child::Signal(int signal) {
  if (pid_ < 0 || exit_) return true;
  // Not reaped yet, so neither number can have gone to somebody else.
  kill(group_ == Group::kOwn ? -pid_ : pid_, signal);
  // A group has been signalled even if only others of it could be.
  return kill(pid_, 0) == 0 || errno != EPERM;
}

std::optional<Exit> Child::End(std::chrono::nanoseconds grace) {
  Signal(SIGTERM);
  if (auto exit = Wait(Deadline::After(grace))) return *exit;
  if (!Signal(SIGKILL)) return std::nullopt;
  return Reap();
}

// Blocks until the process has ended, which the caller has made sure of or brought about.
Exit Child::Reap() {
  siginfo_t info{};
  // Wait without reaping: a killed process may take a moment, and the registry must not be held up.
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  if (group_ == Group::kOwn) kill(-pid_, SIGKILL);
  info = {};
  SpawnRegistry::OfThisProcess().Remove(pid_, [&] {
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
    }
  });
  Exit exit;
  if (info.si_code == CLD_EXITED) {
    exit.code = info.si_status;
  } else if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
    exit.signal = info.si_status;
  } else {
    exit.code = -1;  // somebody else has reaped it
  }
  exit_ = exit;
  return exit;
}

}  // namespace kubediag::process
