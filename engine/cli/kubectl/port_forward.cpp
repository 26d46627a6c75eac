#include "engine/cli/kubectl/port_forward.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "engine/core/limits.h"

namespace kubediag::cli {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

Status Ended(const process::Exit& exit) {
  return Status::Unavailable("kubectl port-forward ended with " + exit.ToString());
}

}  // namespace

std::vector<std::string> PortForwardArguments(const PortForwardRequest& request) {
  std::vector<std::string> arguments = {"port-forward"};
  if (!request.kubeconfig.empty()) arguments.push_back("--kubeconfig=" + request.kubeconfig);
  if (!request.context.empty()) arguments.push_back("--context=" + request.context);
  arguments.push_back("--namespace=" + request.namespace_name);
  arguments.push_back("--address=" + std::string(kLoopback));
  arguments.push_back("pod/" + request.pod);
  const std::string local = request.local_port == 0 ? "" : std::to_string(request.local_port);
  arguments.push_back(local + ":" + std::to_string(request.port));
  return arguments;
}

std::optional<uint16_t> ForwardedPort(std::string_view line) {
  constexpr std::string_view kBegin = "Forwarding from 127.0.0.1:";
  if (!line.starts_with(kBegin)) return std::nullopt;
  line.remove_prefix(kBegin.size());
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), port);
  const std::string_view rest = line.substr(static_cast<size_t>(end - line.data()));
  if (error != std::errc() || port == 0 || !rest.starts_with(" -> ")) return std::nullopt;
  return port;
}

Result<std::unique_ptr<PortForward>> PortForward::Start(const PortForwardRequest& request,
                                                        Deadline deadline,
                                                        const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Status::FromErrno("make a pipe", errno);
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  process::Command command;
  command.program = request.kubectl;
  command.arguments = PortForwardArguments(request);
  command.environment = request.environment;
  command.descriptors = {{theirs.get(), STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}};
  KUBEDIAG_ASSIGN_OR_RETURN(process::Child child, process::Child::Spawn(command));
  theirs.Reset();  // or its end would never be seen
  std::unique_ptr<PortForward> forward(new PortForward(std::move(child), std::move(ours)));
  KUBEDIAG_RETURN_IF_ERROR(forward->AwaitPort(deadline, stop));
  return forward;
}

PortForward::PortForward(process::Child child, UniqueFd output)
    : child_(std::move(child)), output_(std::move(output)) {
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  reader_ = std::thread([this] { Read(); });
}

PortForward::~PortForward() {
  ending_.Fire();
  reader_.join();
  (void)child_.End(kTermGrace);
}

// On and on: it says a line for each connection, and must not block at that.
void PortForward::Read() {
  std::string line;
  std::array<char, 1024> bytes;
  std::array<pollfd, 2> sources{{{output_.get(), POLLIN, 0}, {ending_.fd(), POLLIN, 0}}};
  for (;;) {
    if (poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) break;
    if (sources[1].revents != 0) break;
    const ssize_t got = read(output_.get(), bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    for (const char c : std::string_view(bytes.data(), static_cast<size_t>(got))) {
      if (c == '\n') {
        TakeLine(line);
        line.clear();
      } else if (line.size() < kMaxForwardLineBytes) {
        line.push_back(c);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void PortForward::TakeLine(std::string_view line) {
  const std::optional<uint16_t> port = ForwardedPort(line);
  if (!port) return;
  const std::lock_guard lock(mutex_);
  told_ = port;
  changed_.notify_all();
}

Status PortForward::AwaitPort(Deadline deadline, const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, deadline.time(), [this] { return told_ || ended_; });
    if (told_) {
      port_ = *told_;
      return Status::Ok();
    }
    if (stop.stop_requested()) return Status::Cancelled("kubectl port-forward: cancelled");
    if (!ended_) return Status::DeadlineExceeded("kubectl port-forward does not listen yet");
  }
  // It may have closed its output and live on.
  const std::optional<process::Exit> exit = child_.Wait(deadline, stop);
  return exit ? Ended(*exit) : Status::Unavailable("kubectl port-forward does not listen");
}

Status PortForward::WaitUntil(const std::stop_token& stop) {
  const std::optional<process::Exit> exit = child_.Wait(Deadline::Never(), stop);
  return exit && !stop.stop_requested() ? Ended(*exit) : Status::Ok();
}

}  // namespace kubediag::cli
