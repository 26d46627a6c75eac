// A command of the shell, for tests of processes.
#pragma once

#include <string>

#include "engine/process/command.h"

namespace kubediag::process {

inline Command Shell(const std::string& script) {
  Command command;
  command.program = "/bin/sh";
  command.arguments = {"-c", script};
  command.environment = CleanEnvironment();
  return command;
}

}  // namespace kubediag::process
