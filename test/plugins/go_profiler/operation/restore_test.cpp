// Serving again what an earlier run has downloaded.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "plugins/go_profiler/operation/operation.h"
#include "plugins/go_profiler/operation/saved_state.h"
#include "test/plugins/go_profiler/operation/fixture.h"

namespace kubediag::go_profiler {
namespace {

using std::chrono::system_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Hands an operation a job of its own, so that the artifact folder can be an earlier run's.
class RestoreTest : public GoProfilerTest {
 protected:
  FakeRun Restore(const std::string& folder, const std::string& state) {
    restored_.emplace(/*serves_http=*/true, folder, std::chrono::nanoseconds(0));
    thread_ = std::thread([this, state] {
      const kubediag_host host = restored_->host();
      const std::string base_url = restored_->base_url();
      kubediag_job job{};
      job.struct_size = sizeof job;
      job.artifact_directory = restored_->folder_fd();
      job.listen_socket = restored_->listen_socket();
      job.cancel_descriptor = restored_->cancel_descriptor();
      job.operation = sdk::View(kOperationName);
      job.base_url = sdk::View(base_url);
      job.state = {reinterpret_cast<const uint8_t*>(state.data()), state.size()};
      const auto* module = kubediag_operation_module_v1(KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR);
      restored_->End(module->operations[0]->restore(&host, &job));
    });
    if (restored_->WaitUntilCompleted(std::chrono::seconds(30))) {
      page_ = Get(restored_->base_url());
      restored_->Cancel();
    }
    thread_.join();
    return restored_->Take();
  }

  std::optional<sdk::Recorder> restored_;
  std::thread thread_;
  std::string page_;
};

TEST_F(RestoreTest, ServesTheSavedFileForTheTimeThatIsLeft) {
  Ask("Heap");
  const FakeRun first = RunToPage();
  ASSERT_TRUE(first.ok()) << first.message;
  const FakeRun again = Restore(host_.artifact_path(), first.state);
  ASSERT_TRUE(again.ok()) << again.reason << ": " << again.message;
  EXPECT_THAT(page_, StartsWith("HTTP/1.1 200 "));
  EXPECT_LE(again.linger, std::chrono::seconds(7200));
  EXPECT_GT(again.linger, std::chrono::seconds(7000));
  EXPECT_EQ(again.state, first.state);
  EXPECT_EQ(Seen().size(), 1U);  // nothing is downloaded again
}

TEST_F(RestoreTest, AfterExpiryThereIsNothingToServe) {
  const SavedState state{.expiry = system_clock::now() - std::chrono::seconds(1),
                         .file_name = "x.prof",
                         .source = "",
                         .node = "",
                         .diagnosis = "",
                         .profile_type = ""};
  EXPECT_EQ(Restore(::testing::TempDir(), EncodeState(state)).reason, "Expired");
}

TEST_F(RestoreTest, AFileThatHasGoneIsNamed) {
  Ask("Heap");
  const FakeRun first = RunToPage();
  std::filesystem::remove(host_.artifact_path() + "/default.go-profiler.Heap.prof");
  const FakeRun again = Restore(host_.artifact_path(), first.state);
  EXPECT_EQ(again.reason, "ViewerFailed");
  EXPECT_THAT(again.message, HasSubstr("default.go-profiler.Heap.prof"));
}

TEST_F(RestoreTest, AStateThatIsNotOursIsRefused) {
  EXPECT_EQ(Restore(::testing::TempDir(), "garbage").reason, "StateInvalid");
}

TEST_F(RestoreTest, AStateCannotNameAFileOutsideTheFolder) {
  const SavedState state{.expiry = system_clock::now() + std::chrono::hours(1),
                         .file_name = "../../etc/passwd",
                         .source = "",
                         .node = "",
                         .diagnosis = "",
                         .profile_type = ""};
  EXPECT_EQ(Restore(::testing::TempDir(), EncodeState(state)).reason, "ViewerFailed");
}

}  // namespace
}  // namespace kubediag::go_profiler
