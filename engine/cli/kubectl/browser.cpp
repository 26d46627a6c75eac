#include "engine/cli/kubectl/browser.h"

#include "engine/core/result.h"
#include "engine/process/child.h"
#include "engine/process/find_program.h"

namespace kubediag::cli {

Status OpenBrowser(const std::string& url, const kubeconfig::Surroundings& surroundings) {
  const auto path = surroundings.environment.find("PATH");
  const std::string folders = path == surroundings.environment.end() ? "" : path->second;
  auto program = process::FindProgram("xdg-open", folders);
  if (!program.ok()) program = process::FindProgram("open", folders);
  if (!program.ok()) return Status::NotFound("no browser is opened: xdg-open is not in PATH");
  process::Command command;
  command.program = *program;
  command.arguments = {url};
  for (const auto& [name, value] : surroundings.environment) {
    command.environment.push_back(std::string(name).append("=").append(value));
  }
  KUBEDIAG_ASSIGN_OR_RETURN(process::Child child, process::Child::Spawn(command));
  child.Leave();  // it is the user's now
  return Status::Ok();
}

}  // namespace kubediag::cli
