// Running a credential plugin: finding its program, its environment, its output under a cap.
#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/kubeconfig/exec_config.h"

namespace kubediag::kubeconfig {

// The program's absolute path: one with a slash as it is, a name from PATH of the process.
// NotFound says where it was looked for.
Result<std::string> FindExecProgram(const ExecConfig& config);

// What it prints. Interactive: it is in the foreground with our standard input and error, and has
// config.interactive_timeout; otherwise config.timeout and no input. Unavailable: it failed
// (with the end of its standard error), DeadlineExceeded, ResourceExhausted.
Result<std::string> RunExecProgram(const std::string& program, const ExecConfig& config,
                                   const std::string& exec_info, bool interactive);

}  // namespace kubediag::kubeconfig
