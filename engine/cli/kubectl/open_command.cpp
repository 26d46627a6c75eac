#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/cli/checked.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/browser.h"
#include "engine/cli/kubectl/page_connection.h"
#include "engine/cli/kubectl/plugin.h"
#include "engine/cli/kubectl/wait_options.h"
#include "engine/cli/signals.h"
#include "engine/core/file.h"

namespace kubediag::cli {
namespace {

struct OpenCommandOptions {
  KubectlOptions kubectl;
  PageOptions page;
  std::string name;
  bool no_browser = false;
};

void Say(const std::string& line) { (void)WriteAll(STDERR_FILENO, line + "\n"); }

Status ShowPage(const OpenCommandOptions& options, const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(const auto cluster, Cluster::Open(options.kubectl, stop));
  KUBEDIAG_ASSIGN_OR_RETURN(const api::Diagnosis diagnosis, cluster->GetDiagnosis(options.name));
  KUBEDIAG_ASSIGN_OR_RETURN(
      PageConnection connection,
      PageConnection::Open(*cluster, options.kubectl, diagnosis, options.page, stop));
  KUBEDIAG_RETURN_IF_ERROR(connection.Check(stop));
  const std::string url = connection.page().Url();
  if (!Print(url + "\n")) return Status::Cancelled("");
  if (!options.no_browser) {
    const Status opened = OpenBrowser(url, cluster->surroundings());
    if (!opened.ok()) Say(opened.message());
  }
  if (!connection.forwarded()) return Status::Ok();
  Say("Ctrl-C ends the way to the page; the page itself stays until it expires.");
  return connection.WaitUntil(stop);
}

int OpenPage(const OpenCommandOptions& options) {
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });  // before every other thread
  const Status shown = ShowPage(options, stop.get_token());
  if (shown.ok()) return kExitSuccess;
  if (!shown.message().empty()) PrintError(shown.message());
  return kExitFailure;
}

}  // namespace

void AddKubectlOpenCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<OpenCommandOptions>();
  CLI::App* command = app.add_subcommand("open", "Open the page of a Diagnosis in a browser");
  command->add_option("NAME", options->name, "The Diagnosis")
      ->type_name("")
      ->required()
      ->check(Checked(CheckObjectName));
  command->add_flag("--no-browser", options->no_browser, "Print the page's address only");
  AddPageOptions(*command, options->page);
  AddKubectlOptions(*command, options->kubectl);
  command->footer(
      "Runs kubectl port-forward to the agent's Pod on the Diagnosis' node until Ctrl-C; that "
      "needs "
      "the rights to list Pods and to create pods/portforward in the agents' namespace.\n"
      "Exit status: 0 after Ctrl-C, 1 there is no such page or no way to it, 2 bad usage.\n"
      "Examples:\n"
      "  kubectl kubediag open go-profiler-x7k2p\n"
      "  kubectl kubediag open go-profiler-x7k2p --direct --no-browser");
  command->callback([options, &status] { status = OpenPage(*options); });
}

}  // namespace kubediag::cli
