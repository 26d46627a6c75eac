// Waiting without missing the end of the run; files among the artifacts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>
#include <kubediag/posix.h>

#include <fstream>
#include <iterator>

#include "test/plugins/sdk/test_operations.h"

namespace kubediag {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

class Posix : public testing::Test {
 protected:
  Posix() {
    host_.Parameter("scripted.earlier", "x");
    EXPECT_EQ(pipe(pipe_), 0);
  }
  ~Posix() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  FakeRun RunScript(std::function<Outcome(Job&)> run) {
    test::CurrentScript().run = std::move(run);
    return host_.Run("scripted");
  }

  FakeHost host_;
  int pipe_[2];
};

TEST_F(Posix, WaitsForADescriptor) {
  RunScript([&](Job& job) {
    EXPECT_EQ(WaitFor(job, pipe_[1], POLLOUT, hours(1)), Wake::kReady);
    EXPECT_EQ(WaitFor(job, pipe_[0], POLLIN, nanoseconds(1)), Wake::kTimeout);
    EXPECT_EQ(WaitFor(job, pipe_[0], POLLIN, nanoseconds(-1)), Wake::kTimeout);
    EXPECT_EQ(write(pipe_[1], "x", 1), 1);
    EXPECT_EQ(WaitFor(job, pipe_[0], POLLIN, hours(1)), Wake::kReady);
    EXPECT_EQ(WaitFor(job, pipe_[0], POLLIN, nanoseconds(-1)), Wake::kReady);
    return Outcome::Success();
  });
}

TEST_F(Posix, PrefersTheEndOfTheRunToAReadyDescriptor) {
  RunScript([&](Job& job) {
    host_.Cancel();
    EXPECT_EQ(WaitFor(job, pipe_[1], POLLOUT, hours(1)), Wake::kCancelled);
    EXPECT_TRUE(WaitForCancel(job, hours(1)));
    return Outcome::Success();
  });
}

TEST_F(Posix, WaitsForTheLongestTimeThereIs) {
  test::CurrentScript().run = [](Job& job) {
    EXPECT_TRUE(WaitForCancel(job, nanoseconds::max()));
    return Outcome::Success();
  };
  host_.Start("scripted");
  EXPECT_TRUE(host_.Finish().ok());
}

TEST_F(Posix, WritesAnArtifactForTheEnginesUserOnly) {
  const std::string bytes = std::string(1 << 20, 'x') + std::string("\0end", 4);
  const FakeRun run = RunScript([&](Job& job) {
    WriteArtifact(job, "the.file", "file.bin", bytes);
    return Outcome::Success();
  });
  ASSERT_EQ(run.artifacts.size(), 1U);
  EXPECT_EQ(run.artifacts[0].key, "the.file");
  const std::string path = host_.artifact_path() + "/file.bin";
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), bytes);
  struct stat attributes {};
  ASSERT_EQ(stat(path.c_str(), &attributes), 0);
  EXPECT_EQ(attributes.st_mode & 0777, 0600U);
}

TEST_F(Posix, NeverWritesOverAnArtifactOrThroughALink) {
  const FakeRun run = RunScript([&](Job& job) {
    EXPECT_EQ(symlinkat("target", job.artifact_directory(), "link"), 0);
    EXPECT_THROW(WriteArtifact(job, "a", "link", "x"), Failure);
    WriteArtifact(job, "a", "file", "first");
    WriteArtifact(job, "a", "file", "second");
    return Outcome::Success();
  });
  EXPECT_EQ(run.reason, "ArtifactNotWritten");
  EXPECT_EQ(run.message, "file: File exists");
}

}  // namespace
}  // namespace kubediag
