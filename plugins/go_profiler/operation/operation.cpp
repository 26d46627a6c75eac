#include "plugins/go_profiler/operation/operation.h"

#include <fcntl.h>
#include <malloc.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "plugins/exchange/job_child.h"
#include "plugins/go_profiler/operation/download.h"
#include "plugins/go_profiler/operation/job_logger.h"
#include "plugins/go_profiler/operation/keys.h"
#include "plugins/go_profiler/operation/limits.h"
#include "plugins/go_profiler/operation/page_check.h"
#include "plugins/go_profiler/operation/saved_state.h"
#include "plugins/go_profiler/operation/summary.h"
#include "plugins/go_profiler/operation/target.h"
#include "plugins/go_profiler/viewer/server.h"

namespace kubediag::go_profiler {
namespace {

using Viewer = std::unique_ptr<viewer::ViewerServer>;

std::string CapabilityOf(std::string_view base_url) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  const size_t slash = base_url.rfind('/');
  return std::string(base_url.substr(slash == std::string_view::npos ? 0 : slash + 1));
}

viewer::ViewerOptions OptionsFor(const Job& job, const SavedState& state) {
  viewer::ViewerOptions options;
  options.capability = CapabilityOf(job.base_url());
  for (const std::string_view host : job.policy().List(kPolicyViewerHost)) {
    options.host_names.emplace_back(host);
  }
  options.expiry = state.expiry;
  options.source = state.source;
  options.node = state.node;
  options.diagnosis = state.diagnosis;
  options.profile_type = state.profile_type;
  options.file_name = state.file_name;
  return options;
}

// A page that answers. Takes the saved profile's file and columns.
Result<Viewer> Serve(const Job& job, const SavedState& state, SavedProfile saved, Logger& logger) {
  UniqueFd listener(fcntl(job.listen_socket(), F_DUPFD_CLOEXEC, 0));
  if (!listener.valid()) return Status::FromErrno("duplicate the listening socket", errno);
  KUBEDIAG_ASSIGN_OR_RETURN(
      Viewer page,
      viewer::ViewerServer::Start(std::move(listener), std::move(saved.profile),
                                  std::move(saved.file), OptionsFor(job, state), logger));
  const Deadline deadline =
      Deadline::Earlier(Deadline::After(kAnswerTimeout), exchange::DeadlineOf(job));
  KUBEDIAG_RETURN_IF_ERROR(CheckPage(job.listen_socket(), std::string(job.base_url()), deadline));
  malloc_trim(0);  // the process lives on for hours: what the download took goes back
  return page;
}

Outcome PageFailed(const Status& status) {
  return exchange::ToFailure(status.WithReason(kReasonViewerFailed), "the profile's page");
}

void EmitResults(Job& job, const Target& target, const SavedProfile& saved) {
  job.Emit(kEndpointKey, "Visit " + std::string(job.base_url()) + ", this server will expire in " +
                             std::to_string(target.expiration.count()) + " seconds.");
  job.Emit(kFileKey, std::string(job.artifact_path()) + "/" + saved.file_name);
  job.Emit(kSizeKey, std::to_string(saved.size));
  job.Emit(kSha256Key, saved.sha256);
}

void EmitSummary(Job& job, const Target& target, const profile::Profile& profile) {
  const Summary summary = Summarize(profile);
  std::string sentence = std::string(target.type->name) + " of " + target.source + ": " +
                         summary.sample_type + " " + summary.total;
  if (!summary.hottest.empty()) sentence += "; most in " + summary.hottest;
  if (const std::string mismatch = TypeMismatch(*target.type, profile); !mismatch.empty()) {
    job.Warning(mismatch);
    sentence += "; " + mismatch;
  }
  job.Emit(kSummaryKey, sentence);
  job.Emit(kSampleTypeKey, summary.sample_type);
  job.Emit(kTotalKey, summary.total);
  job.Emit(kTopKey, summary.top);
}

SavedState StateOf(const Target& target, const SavedProfile& saved) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return {.expiry = now + target.expiration,
          .file_name = saved.file_name,
          .source = target.source,
          .node = target.node,
          .diagnosis = target.diagnosis_namespace + "/" + target.diagnosis_name,
          .profile_type = std::string(target.type->name)};
}

}  // namespace

Outcome GoProfilerOperation::Run(Job& job) {
  const Target target = ReadTarget(job);
  if (!target.https && job.Secret(kSecretNameKey, kTokenDataKey)) {
    job.Warning("the source is not https: the Secret's token is not sent to it");
  }
  auto saved = Download(job, target);
  if (!saved.ok()) return exchange::ToFailure(saved.status());
  EmitResults(job, target, *saved);
  job.EmitArtifact(kFileKey, saved->file_name);
  EmitSummary(job, target, *saved->profile);

  const SavedState state = StateOf(target, *saved);
  JobLogger logger(job);
  const auto page = Serve(job, state, *std::move(saved), logger);
  if (!page.ok()) return PageFailed(page.status());
  job.Complete(target.expiration, EncodeState(state));
  (*page)->Wait(job.cancel_descriptor());
  return Outcome::Success();
}

Outcome GoProfilerOperation::Restore(Job& job) {
  const auto state = DecodeState(job.state());
  if (!state.ok()) return exchange::ToFailure(state.status().WithReason(kReasonStateInvalid));
  const auto left = state->expiry - std::chrono::system_clock::now();
  if (left <= std::chrono::system_clock::duration::zero()) {
    return Failure("Expired", "the page's time is over");
  }
  auto saved = OpenSaved(job.artifact_directory(), state->file_name);
  if (!saved.ok()) return PageFailed(saved.status());
  JobLogger logger(job);
  const auto page = Serve(job, *state, *std::move(saved), logger);
  if (!page.ok()) return PageFailed(page.status());
  job.Complete(left, job.state());
  (*page)->Wait(job.cancel_descriptor());
  return Outcome::Success();
}

}  // namespace kubediag::go_profiler
