#include "engine/host/host_session.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/limits.h"
#include "engine/host/messages.h"
#include "engine/operation/invocation.h"
#include "engine/process/stop_event.h"

namespace kubediag::host {
namespace {

using operation::RunOutcome;

constexpr size_t kReadBytes = 1 * kMiB;

// What the TERM handler needs; set before it is installed.
operation::CancelTimer* g_cancel = nullptr;
pid_t g_engine = 0;
pid_t g_self = 0;
std::atomic<bool> g_watching{false};  // WatchEngine() looks after the end of the engine

// TERM asks the run to end. It is also the parent-death signal: with the engine gone there is
// nobody to answer, and nothing below us must live on.
void OnTerm(int /*signal*/) {
  const int saved = errno;
  if (getpid() != g_self) {  // a fork of the module's
    std::signal(SIGTERM, SIG_DFL);
    std::raise(SIGTERM);
    return;
  }
  if (getppid() != g_engine && !g_watching) kill(0, SIGKILL);
  g_cancel->Cancel();
  errno = saved;
}

void InstallTermHandler(operation::CancelTimer& cancel, pid_t engine) {
  g_cancel = &cancel;
  g_engine = engine;
  g_self = getpid();
  struct sigaction action {};
  action.sa_handler = &OnTerm;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

HostSession::HostSession(UniqueFd channel, pid_t engine)
    : channel_(std::move(channel)), engine_(engine) {}

int HostSession::Refuse(const Status& status) {
  const Status sent = channel_.Send(MessageType::kRefused, EncodeStatus(status));
  return sent.ok() ? kExitRefused : kExitChannelLost;
}

int HostSession::Serve(UniqueFd module_fd, const std::string& shown_name) {
  if (!channel_.Send(MessageType::kHello, EncodeHello()).ok()) return kExitChannelLost;
  auto module =
      operation::LoadModule("/proc/self/fd/" + std::to_string(module_fd.get()), shown_name);
  module_fd.Reset();
  if (!module.ok()) return Refuse(module.status());
  if (!channel_.Send(MessageType::kLoaded, {}).ok()) return kExitChannelLost;

  auto request = Receive();
  if (!request.ok()) return kExitChannelLost;
  switch (request->message.type) {
    case MessageType::kDescribe: {
      const std::string body = EncodeDescriptor(module->descriptor);
      const Status sent = channel_.Send(MessageType::kDescriptor, body);
      return sent.ok() ? kExitEnd : kExitChannelLost;
    }
    case MessageType::kJob:
      return Run(*module, *std::move(request));
    default:
      return kExitChannelLost;
  }
}

// Waits for one whole message.
Result<HostSession::Request> HostSession::Receive() {
  std::optional<Message> message;
  std::vector<UniqueFd> descriptors;
  const auto deliver = [&](Message complete) {
    message = std::move(complete);
    return Status();
  };
  std::string bytes;
  while (!message) {
    pollfd entry{channel_.fd(), POLLIN, 0};
    if (poll(&entry, 1, -1) < 0 && errno != EINTR) return Status::FromErrno("poll", errno);
    bytes.clear();
    const auto end = channel_.Read(bytes, kReadBytes, &descriptors);
    KUBEDIAG_RETURN_IF_ERROR(reader_.Feed(bytes, deliver));
    if (end == Channel::ReadEnd::kClosed && !message) return Status::Unavailable("engine is gone");
  }
  return Request{*std::move(message), std::move(descriptors)};
}

int HostSession::Run(const operation::LoadedModule& module, Request request) {
  auto decoded = DecodeJob(request.message.body);
  request.message.body = {};
  if (!decoded.ok()) return kExitChannelLost;
  const size_t expected = (decoded->has_artifact_directory ? 1U : 0U) +  //
                          (decoded->has_listen_socket ? 1U : 0U);
  if (request.descriptors.size() != expected) return kExitChannelLost;
  operation::Job job = std::move(decoded->job);
  if (decoded->has_artifact_directory) job.artifact_directory = request.descriptors.front().get();
  if (decoded->has_listen_socket) job.listen_socket = request.descriptors.back().get();

  g_watching = true;
  InstallTermHandler(cancel_, engine_);
  std::stop_source over;
  const process::StopEvent wake(over.get_token());  // made now: the module may use descriptors up
  const std::jthread watch([&] { WatchEngine(over.get_token(), wake.fd()); });
  const RunOutcome outcome = operation::Invoke(module, job, cancel_, *this);
  std::fflush(nullptr);
  const bool answered = Answer(outcome).ok();
  over.request_stop();
  if (!answered) return kExitChannelLost;
  return outcome.status.ok() ? kExitEnd : kExitFail;
}

void HostSession::WatchEngine(const std::stop_token& over, int wake) {
  std::string bytes;
  for (;;) {
    std::array<pollfd, 2> entries{{{channel_.fd(), POLLIN, 0}, {wake, POLLIN, 0}}};
    // A poll under way keeps a socket open that the module has closed; the next one tells.
    const int ready =
        poll(entries.data(), entries.size(), static_cast<int>(kHostCheckInterval.count()));
    if (over.stop_requested()) return;
    if (entries[1].revents != 0) {  // the module has closed it, or put something in its place
      g_watching = false;
      return;
    }
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) break;
    const bool hung_up = (entries[0].revents & POLLHUP) != 0;
    bytes.clear();
    const auto end = channel_.Read(bytes, kReadBytes);
    if (end == Channel::ReadEnd::kClosed && !hung_up) {  // the module has closed it
      g_watching = false;
      return;
    }
    if (end == Channel::ReadEnd::kClosed) break;
    if (!bytes.empty()) break;  // nothing more is said to a run; what ends it is a signal
  }
  // The engine keeps its end open for as long as it lives and we do.
  descendants_.Reap();
  kill(0, SIGKILL);
}

void HostSession::OnLog(LogLevel level, std::string_view message) {
  // A log line that cannot be sent is lost with its engine.
  [[maybe_unused]] const Status sent = channel_.Send(MessageType::kLog, EncodeLog(level, message));
}

Status HostSession::SendResults(const RunOutcome& outcome) {
  for (const auto& [key, value] : outcome.results) {
    KUBEDIAG_RETURN_IF_ERROR(channel_.Send(MessageType::kResult, EncodePair(key, value)));
  }
  for (const auto& artifact : outcome.artifacts) {
    KUBEDIAG_RETURN_IF_ERROR(
        channel_.Send(MessageType::kArtifact, EncodePair(artifact.key, artifact.path)));
  }
  return {};
}

Status HostSession::OnServing(RunOutcome outcome) {
  KUBEDIAG_RETURN_IF_ERROR(SendResults(outcome));
  return channel_.Send(MessageType::kServing, EncodeServing(outcome.linger, outcome.state));
}

Status HostSession::Answer(const RunOutcome& outcome) {
  if (!outcome.status.ok()) {
    return channel_.Send(MessageType::kFail, EncodeStatus(outcome.status));
  }
  KUBEDIAG_RETURN_IF_ERROR(SendResults(outcome));
  return channel_.Send(MessageType::kEnd, {});
}

}  // namespace kubediag::host
