#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/cli/checked.h"
#include "engine/cli/exit_status.h"
#include "engine/cli/kubectl/keys.h"
#include "engine/cli/kubectl/page_connection.h"
#include "engine/cli/kubectl/partial_file.h"
#include "engine/cli/kubectl/plugin.h"
#include "engine/cli/kubectl/wait_options.h"
#include "engine/cli/signals.h"
#include "engine/http/download.h"

namespace kubediag::cli {
namespace {

struct FetchCommandOptions {
  KubectlOptions kubectl;
  PageOptions page;
  std::string name;
  std::string output;  // empty: the profile's own name; a folder: that name in there
};

std::string OutputPath(const FetchCommandOptions& options, const api::Diagnosis& diagnosis) {
  if (options.output.empty()) return FileNameOf(diagnosis);
  std::error_code error;
  if (!std::filesystem::is_directory(options.output, error)) return options.output;
  return (std::filesystem::path(options.output) / FileNameOf(diagnosis)).string();
}

// What its operation has counted, where the status still says it.
Status CheckDigest(const api::Diagnosis& diagnosis, const PartialFile& file) {
  const auto& results = diagnosis.status.operation_results;
  const auto expected = results.find(kProfileSha256Key);
  if (expected == results.end()) return Status::Ok();
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string sha256, file.Sha256());
  if (sha256 == expected->second) return Status::Ok();
  return Status::DataLoss("what came is not the profile: its SHA-256 is " + sha256 + ", not " +
                          expected->second);
}

Status FetchFile(const FetchCommandOptions& options, const std::stop_token& stop,
                 std::string& path) {
  KUBEDIAG_ASSIGN_OR_RETURN(const auto cluster, Cluster::Open(options.kubectl, stop));
  KUBEDIAG_ASSIGN_OR_RETURN(const api::Diagnosis diagnosis, cluster->GetDiagnosis(options.name));
  KUBEDIAG_ASSIGN_OR_RETURN(
      const PageConnection connection,
      PageConnection::Open(*cluster, options.kubectl, diagnosis, options.page, stop));
  KUBEDIAG_RETURN_IF_ERROR(connection.Check(stop));  // or 404 would mean two things
  path = OutputPath(options, diagnosis);
  KUBEDIAG_ASSIGN_OR_RETURN(PartialFile file, PartialFile::Create(path));
  const PageAddress& page = connection.page();
  constexpr int kNotFound = 404;
  const auto answer = http::Download(
      {.host = page.host, .port = page.port, .target = page.path + kProfileDownload},
      [&file](std::string_view bytes) { return file.Write(bytes); }, stop);
  if (!answer.ok()) return answer.status().Annotate("the profile");
  if (*answer == kNotFound) {
    return Status::NotFound("the page of Diagnosis " + options.name + " offers no profile");
  }
  KUBEDIAG_RETURN_IF_ERROR(StatusOfPage(*answer));
  KUBEDIAG_RETURN_IF_ERROR(CheckDigest(diagnosis, file));
  return file.Commit();
}

int FetchProfile(const FetchCommandOptions& options) {
  std::stop_source stop;
  const Signals signals([&stop](int) { stop.request_stop(); });  // before every other thread
  std::string path;
  const Status fetched = FetchFile(options, stop.get_token(), path);
  if (!fetched.ok()) {
    PrintError(fetched.message());
    return kExitFailure;
  }
  const bool told = path == "-" || Print(path + "\n");
  return told ? kExitSuccess : kExitFailure;
}

}  // namespace

void AddKubectlFetchCommand(CLI::App& app, int& status) {
  auto options = std::make_shared<FetchCommandOptions>();
  CLI::App* command = app.add_subcommand("fetch", "Get the profile of a Diagnosis as a file");
  command->add_option("NAME", options->name, "The Diagnosis")
      ->type_name("")
      ->required()
      ->check(Checked(CheckObjectName));
  command
      ->add_option("-o,--output", options->output,
                   "Where to, - for standard output [its own name, in this folder]")
      ->type_name("FILE|DIR|-");
  AddPageOptions(*command, options->page);
  AddKubectlOptions(*command, options->kubectl);
  command->footer(
      "Comes from the Diagnosis' page, by the way that open takes; the file appears when it is "
      "whole, and is checked against the SHA-256 in the status. Its name goes to standard output.\n"
      "Exit status: 0 it is there, 1 it is not, 2 bad usage.\n"
      "Examples:\n"
      "  kubectl kubediag fetch go-profiler-x7k2p\n"
      "  kubectl kubediag fetch go-profiler-x7k2p -o heap.pb.gz");
  command->callback([options, &status] { status = FetchProfile(*options); });
}

}  // namespace kubediag::cli
