#include "engine/cli/kubectl/status_progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "engine/api/conditions.h"
#include "engine/core/unique_fd.h"

namespace kubediag::cli {
namespace {

class StatusProgressTest : public testing::Test {
 protected:
  StatusProgressTest() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read_.Reset(ends[0]);
    write_.Reset(ends[1]);
    diagnosis_.metadata.name = "heap";
    diagnosis_.metadata.namespace_name = "shop";
    diagnosis_.spec.operation_set = "go-profiler";
    diagnosis_.spec.node_name = "node-1";
  }
  std::string Shown() const {
    std::array<char, 4096> buffer{};
    const ssize_t got = read(read_.get(), buffer.data(), buffer.size());
    return got > 0 ? std::string(buffer.data(), static_cast<size_t>(got)) : "";
  }
  void SetOutcome(const std::string& phase, const std::string& message) {
    api::OperationOutcome outcome;
    outcome.id = 1;
    outcome.operation = "go-profiler";
    outcome.phase = phase;
    outcome.message = message;
    outcome.attempts = 1;
    diagnosis_.status.operations = {outcome};
  }

  api::Diagnosis diagnosis_;
  UniqueFd read_;
  UniqueFd write_;
};

TEST_F(StatusProgressTest, TellsEachEndOnce) {
  ProgressView view({.fd = write_.get()});
  StatusProgress progress(view, diagnosis_);
  diagnosis_.status.phase = api::Phase::kRunning;
  SetOutcome("Running", "");
  progress.Show(diagnosis_);
  EXPECT_EQ(Shown(), "go-profiler  shop/heap on node-1\n");
  SetOutcome("Succeeded", "heap 115.7 MB in use");
  progress.Show(diagnosis_);
  progress.Show(diagnosis_);
  EXPECT_EQ(Shown(), "  ok      1 go-profiler           heap 115.7 MB in use\n");
  diagnosis_.status.phase = api::Phase::kSucceeded;
  diagnosis_.status.message = "heap 115.7 MB in use";
  diagnosis_.status.operation_results["endpoint"] =
      "Visit http://10.0.0.1:39900/a/, this server will expire in 7200 seconds.";
  EXPECT_EQ(Shown(), "");
  progress.Finish(diagnosis_);
  EXPECT_EQ(Shown(), "Succeeded. Its page: kubectl kubediag open heap -n shop\n");
}

TEST_F(StatusProgressTest, SaysWhatIsWaitedForOnce) {
  ProgressView view({.fd = write_.get()});
  StatusProgress progress(view, diagnosis_);
  Shown();
  diagnosis_.status.conditions = {{api::kConditionQueued, api::kConditionTrue, std::nullopt,
                                   "LimitReached", "4 operations run\x1b[31m"}};
  progress.Show(diagnosis_);
  progress.Show(diagnosis_);
  EXPECT_EQ(Shown(), "  4 operations run?[31m\n");
}

TEST_F(StatusProgressTest, SaysThatOneIsSuspended) {
  diagnosis_.spec.suspend = true;
  EXPECT_EQ(WaitSentence(diagnosis_), "it is suspended (spec.suspend)");
}

TEST_F(StatusProgressTest, EndsInOneSentence) {
  EXPECT_FALSE(HasEnded(diagnosis_));
  diagnosis_.status.phase = api::Phase::kFailed;
  EXPECT_TRUE(HasEnded(diagnosis_));
  EXPECT_EQ(EndSentence(diagnosis_), "Failed.");
  diagnosis_.status.message = "the server answered 403.\n";
  EXPECT_EQ(EndSentence(diagnosis_), "Failed: the server answered 403.");
  diagnosis_.status.phase = api::Phase::kSucceeded;
  diagnosis_.status.message = "operations a and b";
  SetOutcome("Succeeded", "a");
  EXPECT_EQ(EndSentence(diagnosis_), "Succeeded: operations a and b.");
}

}  // namespace
}  // namespace kubediag::cli
