#include "plugins/go_profiler/viewer/server.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "engine/core/limits.h"
#include "plugins/go_profiler/viewer/limits.h"

namespace kubediag::viewer {
namespace {

bool IsCapability(const std::string& text) {
  return text.size() == 2 * kCapabilityBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Deadline ToDeadline(std::chrono::system_clock::time_point time) {
  const auto now = std::chrono::system_clock::now();
  if (time <= now) return Deadline::After(Deadline::Clock::duration::zero());
  return Deadline::After(std::chrono::duration_cast<Deadline::Clock::duration>(time - now));
}

}  // namespace

Result<std::unique_ptr<ViewerServer>> ViewerServer::Start(
    UniqueFd listener, std::shared_ptr<const profile::Profile> profile, UniqueFd file,
    const ViewerOptions& options, Logger& logger) {
  if (!IsCapability(options.capability)) {
    return Status::InvalidArgument("the capability must be 32 lower-case hexadecimal characters");
  }
  if (profile->SampleTypes().empty()) {
    return Status::InvalidArgument("the profile has no sample type: there is nothing to show");
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Status::FromErrno("look at the profile file", errno);
  if (!S_ISREG(status.st_mode)) {
    return Status::InvalidArgument("the profile file is not a regular file");
  }
  const Deadline expiry = ToDeadline(options.expiry);
  auto routes = std::make_unique<Routes>(options, std::move(profile),
                                         std::make_shared<const UniqueFd>(std::move(file)),
                                         static_cast<uint64_t>(status.st_size), expiry);
  KUBEDIAG_ASSIGN_OR_RETURN(
      auto server, http::Server::Start(std::move(listener), *routes, logger, options.http));
  return std::unique_ptr<ViewerServer>(
      new ViewerServer(std::move(routes), std::move(server), expiry));
}

ViewerServer::ViewerServer(std::unique_ptr<Routes> routes, std::unique_ptr<http::Server> server,
                           Deadline expiry)
    : routes_(std::move(routes)), server_(std::move(server)), expiry_(expiry) {}

WaitOutcome ViewerServer::Wait(int cancel_fd) const {
  while (!expiry_.Passed()) {
    pollfd cancel{cancel_fd, POLLIN, 0};  // poll skips a negative descriptor
    const int ready = poll(&cancel, 1, expiry_.PollTimeout());
    if (ready > 0) return WaitOutcome::kCancelled;
    if (ready < 0 && errno != EINTR) return WaitOutcome::kCancelled;
  }
  return WaitOutcome::kExpired;
}

void ViewerServer::Stop() { server_->Stop(kHttpStopGrace); }

}  // namespace kubediag::viewer
