#include "engine/cli/kubectl/plugin.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "engine/cli/command_line.h"
#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/completion.h"

namespace kubediag::cli {
namespace {

std::unique_ptr<CLI::App> MakePlugin(int& status) {
  auto app = std::make_unique<CLI::App>(
      "Makes Diagnoses in a cluster, waits for them and opens "
      "their pages.",
      "kubectl kubediag");
  SetUpCommandLine(*app);
  app->footer(
      "Example:\n"
      "  kubectl kubediag run go-profiler --node node-1 --source https://10.0.2.15:6443 --secret "
      "kubediag/apiserver-profiler-sa-token --wait\n"
      "kubectl kubediag COMMAND --help tells more about a command.");
  AddKubectlRunCommand(*app, status);
  AddKubectlWaitCommand(*app, status);
  AddKubectlOpenCommand(*app, status);
  AddKubectlFetchCommand(*app, status);
  AddVersionCommand(*app, status);
  return app;
}

}  // namespace

int RunKubectlPlugin(int argc, const char* const* argv) {
  int status = kExitSuccess;
  const std::unique_ptr<CLI::App> app = MakePlugin(status);
  return RunCommandLine(*app, argc, argv, status);
}

int CompleteKubectlPlugin(const std::vector<std::string>& words) {
  int status = kExitSuccess;
  const std::unique_ptr<CLI::App> app = MakePlugin(status);
  return Print(KubectlCompletions(*app, words)) ? kExitSuccess : kExitFailure;
}

}  // namespace kubediag::cli
