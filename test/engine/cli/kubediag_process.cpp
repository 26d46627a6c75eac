#include "test/engine/cli/kubediag_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "engine/core/file.h"

namespace kubediag::cli {
namespace {

constexpr std::chrono::seconds kPatience{30};

// Read end (of the test) and write end (of the program).
std::pair<UniqueFd, UniqueFd> MakeStream(bool terminal) {
  if (terminal) {
    int master = -1;
    int slave = -1;
    winsize size{};
    size.ws_row = 40;
    size.ws_col = 100;
    EXPECT_EQ(openpty(&master, &slave, nullptr, nullptr, &size), 0);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    return {UniqueFd(master), UniqueFd(slave)};
  }
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd FileOf(const std::string& text) {
  UniqueFd fd(memfd_create("standard input", MFD_CLOEXEC));
  EXPECT_TRUE(WriteAll(fd.get(), text).ok());
  lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

}  // namespace

std::string KubediagProcess::KubediagProgram() {
  return std::string(KUBEDIAG_BINARY_DIR) + "/bin/kubediag";
}

KubediagProcess::KubediagProcess(const Setup& setup) {
  auto [output_read, output_write] = MakeStream(setup.output_terminal);
  auto [error_read, error_write] = MakeStream(setup.terminal);
  const UniqueFd input = FileOf(setup.standard_input);
  process::Command command;
  command.program = setup.program;
  command.arguments = setup.arguments;
  command.environment = process::CleanEnvironment();
  command.environment.push_back("TMPDIR=" + std::filesystem::temp_directory_path().string());
  command.environment.insert(command.environment.end(), setup.environment.begin(),
                             setup.environment.end());
  command.working_directory = setup.directory;
  command.descriptors = {{input.get(), 0}, {output_write.get(), 1}, {error_write.get(), 2}};
  output_.fd = std::move(output_read);
  error_.fd = std::move(error_read);
  if (setup.close_output) output_.fd.Reset();
  Result<process::Child> child = process::Child::Spawn(command);
  if (!child.ok()) {
    ADD_FAILURE() << child.status().ToString();
    std::abort();
  }
  child_ = *std::move(child);
}

bool KubediagProcess::ReadSome(Deadline deadline) {
  std::array<pollfd, 2> sources{{{output_.fd.get(), POLLIN, 0}, {error_.fd.get(), POLLIN, 0}}};
  if (!output_.fd.valid() && !error_.fd.valid()) return false;
  if (poll(sources.data(), sources.size(), deadline.PollTimeout()) <= 0) return false;
  std::array<Stream*, 2> streams{&output_, &error_};
  for (size_t i = 0; i < streams.size(); ++i) {
    if (sources[i].revents == 0) continue;
    std::array<char, 4096> buffer{};
    const ssize_t got = read(streams[i]->fd.get(), buffer.data(), buffer.size());
    // A pseudo terminal whose other end is closed answers EIO.
    if (got <= 0) {
      streams[i]->fd.Reset();
    } else {
      streams[i]->text.append(buffer.data(), static_cast<size_t>(got));
    }
  }
  return true;
}

bool KubediagProcess::Await(Stream& stream, std::string_view text) {
  const Deadline deadline = Deadline::After(kPatience);
  for (;;) {
    const size_t found = stream.text.find(text, stream.awaited);
    if (found != std::string::npos) {
      stream.awaited = found + text.size();
      return true;
    }
    if (ReadSome(deadline)) continue;
    ADD_FAILURE() << "\"" << text << "\" did not come.\nstdout:\n"
                  << output_.text << "\nstderr:\n"
                  << error_.text;
    return false;
  }
}

int KubediagProcess::Wait() {
  const Deadline deadline = Deadline::After(kPatience);
  while (ReadSome(deadline)) {
  }
  const std::optional<process::Exit> exit = child_->Wait(deadline);
  if (!exit) {
    ADD_FAILURE() << "the program does not end.\nstdout:\n"
                  << output_.text << "\nstderr:\n"
                  << error_.text;
    return -1;
  }
  return exit->signal != 0 ? 128 + exit->signal : exit->code;
}

}  // namespace kubediag::cli
