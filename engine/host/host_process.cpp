#include "engine/host/host_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/host/channel.h"
#include "engine/host/host_arguments.h"

namespace kubediag::host {

Result<HostProcess> StartHost(const ProcessRunnerOptions& options, process::SpawnThread& spawner,
                              const std::string& module_path) {
  const UniqueFd module(open(module_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!module.valid()) return Status::FromErrno("open module " + module_path, errno);
  KUBEDIAG_ASSIGN_OR_RETURN(auto channel, Channel::MakePair());
  int log[2];
  if (pipe2(log, O_CLOEXEC) != 0) return Status::FromErrno("make a pipe", errno);
  UniqueFd log_read(log[0]);
  const UniqueFd log_write(log[1]);
  fcntl(log_read.get(), F_SETFL, O_NONBLOCK);

  HostArguments arguments;
  arguments.parent = getpid();
  arguments.shown_name = module_path;
  arguments.memory_bytes = options.limits.run_memory_bytes;
  arguments.file_bytes = options.limits.run_file_bytes;
  arguments.descriptors = options.limits.run_descriptors;
  arguments.cpu_seconds = static_cast<uint64_t>(options.limits.run_cpu.count());
  arguments.user = options.user;

  process::Command command;
  command.program = options.host_program;
  command.arguments = FormatHostArguments(arguments);
  command.environment = process::CleanEnvironment();
  command.working_directory = "/";
  command.descriptors = {{log_write.get(), STDOUT_FILENO},
                         {log_write.get(), STDERR_FILENO},
                         {channel.second.get(), kChannelFd},
                         {module.get(), kModuleFd}};
  KUBEDIAG_ASSIGN_OR_RETURN(process::Child child, spawner.Spawn(std::move(command)));
  return HostProcess{std::move(child), std::move(channel.first), std::move(log_read)};
}

}  // namespace kubediag::host
