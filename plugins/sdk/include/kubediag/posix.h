// What most operations need of POSIX beside their Job: waiting so that the end of the run is never
// missed, and leaving a file among the artifacts.
#pragma once

#include <fcntl.h>
#include <kubediag/job.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>

namespace kubediag {

enum class Wake { kReady, kCancelled, kTimeout };

// Waits until `events` (POLLIN, POLLOUT) or a hang-up on `fd`, the end of the run, or `timeout`.
// The end of the run wins. A negative `fd` waits for the end of the run alone.
inline Wake WaitFor(const Job& job, int fd, short events, std::chrono::nanoseconds timeout) {
  using std::chrono::steady_clock;
  constexpr std::chrono::nanoseconds kStep = std::chrono::hours(1);  // fits poll()'s int
  const auto start = steady_clock::now();
  while (true) {
    const auto left = timeout - (steady_clock::now() - start);
    const auto step = std::clamp<std::chrono::nanoseconds>(left, {}, kStep);
    pollfd waited[2] = {{job.cancel_descriptor(), POLLIN, 0}, {fd, events, 0}};
    const auto millis = std::chrono::ceil<std::chrono::milliseconds>(step).count();
    const int count = poll(waited, 2, static_cast<int>(millis));
    if (count < 0 && errno != EINTR) throw Failure("WaitFailed", "poll() failed");
    if (job.Cancelled() || (count > 0 && waited[0].revents != 0)) return Wake::kCancelled;
    if (count > 0 && waited[1].revents != 0) return Wake::kReady;
    if (left <= step) return Wake::kTimeout;
  }
}

// True: the run is to end. False: `timeout` has passed.
inline bool WaitForCancel(const Job& job, std::chrono::nanoseconds timeout) {
  return WaitFor(job, -1, 0, timeout) == Wake::kCancelled;
}

// Writes `bytes` to a new file of the artifact folder, for the engine's user only, and emits it.
// `file_name` has no folder in it. Throws Failure "ArtifactNotWritten"; then no file is left.
inline void WriteArtifact(Job& job, std::string_view key, std::string_view file_name,
                          std::string_view bytes) {
  const std::string name(file_name);
  const int directory = job.artifact_directory();
  const auto fail = [&](int error) {
    const std::string text = std::generic_category().message(error);
    return Failure("ArtifactNotWritten", name + ": " + text, KUBEDIAG_UNAVAILABLE);
  };
  const int fd =
      openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) throw fail(errno);
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) bytes.remove_prefix(static_cast<size_t>(written));
    if (written < 0 && errno != EINTR) error = errno;
  }
  if (error == 0 && fsync(fd) != 0) error = errno;
  close(fd);
  if (error != 0) {
    unlinkat(directory, name.c_str(), 0);
    throw fail(error);
  }
  job.EmitArtifact(key, file_name);
}

}  // namespace kubediag
