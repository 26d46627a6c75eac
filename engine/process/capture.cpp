#include "engine/process/capture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/process/stop_event.h"

namespace kubediag::process {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Status::FromErrno("make a pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Standard input is a socket: writing to one can be told not to raise SIGPIPE.
Result<Pipe> MakeInput() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Status::FromErrno("make a socket pair", errno);
  }
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Keeps the first and the last bytes of a stream and drains the rest.
class Stream {
 public:
  Stream(UniqueFd fd, size_t cap, size_t end_cap)
      : fd_(std::move(fd)), cap_(cap), end_cap_(end_cap) {
    fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }
  int fd() const { return fd_.get(); }  // -1 once it has ended

  // Reads what there is now, up to `max_reads` pieces.
  void Drain(int max_reads) {
    std::array<char, 65536> buffer;
    for (int i = 0; fd_.valid() && i < max_reads; ++i) {
      const ssize_t got = read(fd_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return fd_.Reset();
      const size_t size = static_cast<size_t>(got);
      const size_t kept = std::min(size, cap_ - bytes.size());
      bytes.append(buffer.data(), kept);
      dropped += size - kept;
      if (kept < size) KeepLast({buffer.data() + kept, size - kept});
    }
  }

  std::string End() const {
    std::string end = bytes.substr(bytes.size() - std::min(bytes.size(), end_cap_));
    end += last_;
    return end.substr(end.size() - std::min(end.size(), end_cap_));
  }

  std::string bytes;
  size_t dropped = 0;

 private:
  void KeepLast(std::string_view dropped_bytes) {
    last_.append(
        dropped_bytes.substr(dropped_bytes.size() - std::min(dropped_bytes.size(), end_cap_)));
    if (last_.size() > end_cap_) last_.erase(0, last_.size() - end_cap_);
  }

  UniqueFd fd_;
  size_t cap_;
  size_t end_cap_;
  std::string last_;  // of what was dropped
};

// Feeds standard input without ever blocking.
class Input {
 public:
  Input(UniqueFd fd, std::string bytes) : fd_(std::move(fd)), bytes_(std::move(bytes)) {
    if (bytes_.empty()) fd_.Reset();
  }
  int fd() const { return fd_.get(); }

  void Feed() {
    const ssize_t put =
        send(fd_.get(), bytes_.data() + sent_, bytes_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (put > 0) sent_ += static_cast<size_t>(put);
    if (put < 0 || sent_ == bytes_.size()) fd_.Reset();
  }

 private:
  UniqueFd fd_;
  std::string bytes_;
  size_t sent_ = 0;
};

// How long the run may still take, and what is done to it when that is over.
class Ending {
 public:
  explicit Ending(const RunOptions& options)
      : stopped_(options.stop), next_(options.deadline), grace_(options.grace) {}

  Deadline next() const { return next_; }
  int stop_fd() const { return kind == Completed::Ending::kExited ? stopped_.fd() : -1; }

  // To be called after each wait: TERM when the run is to end, KILL when the grace is over too.
  void Check(Child& child) {
    if (kind == Completed::Ending::kExited) {
      if (stopped_.fired()) {
        kind = Completed::Ending::kStopped;
      } else if (next_.Passed()) {
        kind = Completed::Ending::kDeadline;
      } else {
        return;
      }
      child.Signal(SIGTERM);
      next_ = Deadline::After(grace_);
    } else if (next_.Passed()) {
      child.Signal(SIGKILL);
      next_ = Deadline::Never();
    }
  }

  Completed::Ending kind = Completed::Ending::kExited;

 private:
  StopEvent stopped_;
  Deadline next_;
  std::chrono::nanoseconds grace_;
};

constexpr int kReadsPerTurn = 16;
constexpr int kReadsAtTheEnd = 64;  // a pipe holds 64 KiB; a writer that lives on is not waited for

Exit Pump(Child& child, Input& input, Stream& output, Stream& error, Ending& ending) {
  for (;;) {
    pollfd entries[] = {{child.pidfd(), POLLIN, 0},
                        {ending.stop_fd(), POLLIN, 0},
                        {output.fd(), POLLIN, 0},
                        {error.fd(), POLLIN, 0},
                        {input.fd(), POLLOUT, 0}};
    const int ready = poll(entries, std::size(entries), ending.next().PollTimeout());
    if (ready > 0) {
      if (entries[2].revents != 0) output.Drain(kReadsPerTurn);
      if (entries[3].revents != 0) error.Drain(kReadsPerTurn);
      if (entries[4].revents != 0) input.Feed();
      if (entries[0].revents != 0) {
        const Exit exit = child.WaitForEnd();
        output.Drain(kReadsAtTheEnd);
        error.Drain(kReadsAtTheEnd);
        return exit;
      }
    }
    ending.Check(child);
  }
}

}  // namespace

Result<Completed> Run(Command command, RunOptions options) {
  KUBEDIAG_ASSIGN_OR_RETURN(Pipe input, MakeInput());
  KUBEDIAG_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  KUBEDIAG_ASSIGN_OR_RETURN(Pipe error, MakePipe());
  std::erase_if(command.descriptors,
                [](const DescriptorMapping& mapping) { return mapping.to <= STDERR_FILENO; });
  command.descriptors.push_back({input.read.get(), STDIN_FILENO});
  command.descriptors.push_back({output.write.get(), STDOUT_FILENO});
  command.descriptors.push_back({error.write.get(), STDERR_FILENO});

  Ending ending(options);
  KUBEDIAG_ASSIGN_OR_RETURN(Child child, Child::Spawn(command));
  input.read.Reset();
  output.write.Reset();
  error.write.Reset();

  Input feed(std::move(input.write), std::move(options.input));
  Stream captured_output(std::move(output.read), options.max_output, options.max_end);
  Stream captured_error(std::move(error.read), options.max_error, options.max_end);
  const Exit exit = Pump(child, feed, captured_output, captured_error, ending);

  Completed completed;
  completed.ending = ending.kind;
  completed.exit = exit;
  completed.output_end = captured_output.End();
  completed.error_end = captured_error.End();
  completed.output = std::move(captured_output.bytes);
  completed.error = std::move(captured_error.bytes);
  completed.output_dropped = captured_output.dropped;
  completed.error_dropped = captured_error.dropped;
  return completed;
}

}  // namespace kubediag::process
