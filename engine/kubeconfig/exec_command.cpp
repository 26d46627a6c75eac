#include "engine/kubeconfig/exec_command.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/process/capture.h"
#include "engine/process/child.h"
#include "engine/process/find_program.h"

namespace kubediag::kubeconfig {
namespace {

std::vector<std::string> Environment(const ExecConfig& config, const std::string& exec_info) {
  std::map<std::string, std::string> all = config.process_environment;
  for (const auto& [name, value] : config.environment) all[name] = value;
  all["KUBERNETES_EXEC_INFO"] = exec_info;
  std::vector<std::string> environment;
  environment.reserve(all.size());
  for (const auto& [name, value] : all)
    environment.push_back(std::string(name).append("=").append(value));
  return environment;
}

// The last of what it said, on one line.
std::string TailOf(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  if (text.size() > kMaxExecErrorBytes) text.erase(0, text.size() - kMaxExecErrorBytes);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return ReplaceInvalidUtf8(text);
}

Status Late(milliseconds timeout) {
  return Status::DeadlineExceeded("did not answer within " + std::to_string(timeout.count()) +
                                  " ms");
}

Status Failed(const process::Exit& exit, const std::string& error) {
  const std::string tail = TailOf(error);
  return Status::Unavailable("failed with " + exit.ToString() + (tail.empty() ? "" : ": " + tail));
}

Status TooMuch() {
  return Status::ResourceExhausted("printed more than " + std::to_string(kMaxExecCredentialBytes) +
                                   " bytes");
}

Result<std::string> RunInBackground(process::Command command, milliseconds timeout) {
  process::RunOptions options;
  options.max_output = kMaxExecCredentialBytes;
  options.deadline = Deadline::After(timeout);
  KUBEDIAG_ASSIGN_OR_RETURN(process::Completed completed,
                            process::Run(std::move(command), options));
  if (completed.ending == process::Completed::Ending::kDeadline) return Late(timeout);
  if (!completed.exit.success()) return Failed(completed.exit, completed.error);
  if (completed.output_dropped > 0) return TooMuch();
  return std::move(completed.output);
}

// It owns the terminal, so nobody can drain a pipe for it: it prints into memory that cannot grow.
Result<std::string> RunInForeground(process::Command command, milliseconds timeout) {
  const UniqueFd output(memfd_create("exec-credential", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!output.valid() || ftruncate(output.get(), kMaxExecCredentialBytes) != 0 ||
      fcntl(output.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
    return Status::FromErrno("make room for its output", errno);
  }
  command.descriptors = {{STDIN_FILENO, 0}, {output.get(), 1}, {STDERR_FILENO, 2}};
  command.group = process::Group::kInherited;
  KUBEDIAG_ASSIGN_OR_RETURN(process::Child child, process::Child::Spawn(command));
  const std::optional<process::Exit> exit = child.Wait(Deadline::After(timeout));
  if (!exit) {
    child.End(kTermGrace);
    return Late(timeout);
  }
  if (!exit->success()) return Failed(*exit, "");
  const off_t size = lseek(output.get(), 0, SEEK_CUR);  // the position is shared with the child
  if (size < 0 || lseek(output.get(), 0, SEEK_SET) < 0) {
    return Status::FromErrno("read its output", errno);
  }
  KUBEDIAG_ASSIGN_OR_RETURN(std::string text,
                            ReadAll(output.get(), "its output", kMaxExecCredentialBytes));
  text.resize(std::min(text.size(), static_cast<size_t>(size)));
  return text;
}

}  // namespace

Result<std::string> FindExecProgram(const ExecConfig& config) {
  const auto path = config.process_environment.find("PATH");
  return process::FindProgram(config.command,
                              path == config.process_environment.end() ? "" : path->second);
}

Result<std::string> RunExecProgram(const std::string& program, const ExecConfig& config,
                                   const std::string& exec_info, bool interactive) {
  process::Command command;
  command.program = program;
  command.arguments = config.arguments;
  command.environment = Environment(config, exec_info);
  if (interactive) return RunInForeground(std::move(command), config.interactive_timeout);
  return RunInBackground(std::move(command), config.timeout);
}

}  // namespace kubediag::kubeconfig
