#include "engine/host/reachable.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "test/engine/host/runner_fixture.h"

namespace kubediag::host {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

// Whose folders these are is not root, so no bit is beside the point.
constexpr uid_t kOther = 65534;

class Reachable : public testing::Test {
 protected:
  Reachable() {
    fs::create_directories(inner_);
    chmod(folder_.path().c_str(), 0755);
    above_ = CheckReachable(folder_.path(), user_);
  }
  // Of the inner folder, with this mode.
  Status With(mode_t mode) {
    EXPECT_EQ(chmod(inner_.c_str(), mode), 0);
    return CheckReachable(inner_, user_);
  }

  const TemporaryFolder folder_;
  const std::string inner_ = folder_.path() + "/libexec/kubediag";
  OperationUser user_{kOther, kOther};
  Status above_;  // folders that are not this test's may be closed
};

TEST_F(Reachable, ModesOfOwnerGroupAndOthersAreAsked) {
  if (geteuid() == kOther || getegid() == kOther || !above_.ok()) {
    GTEST_SKIP() << "here it is another's turn: " << above_.ToString();
  }
  EXPECT_TRUE(With(0701).ok());
  EXPECT_THAT(With(0754).message(), EndsWith("libexec/kubediag is closed to operation user 65534"));
  user_.gid = getegid();
  EXPECT_TRUE(With(0710).ok());
  EXPECT_FALSE(With(0701).ok());
  if (geteuid() != 0) user_.uid = geteuid();
  EXPECT_EQ(With(0700).ok(), geteuid() != 0);
}

TEST_F(Reachable, FoldersAboveCountToo) {
  ASSERT_EQ(chmod(folder_.path().c_str(), 0700), 0);
  EXPECT_THAT(CheckReachable(inner_, user_).message(), HasSubstr("is closed to operation user"));
  EXPECT_EQ(CheckReachable(folder_.path() + "/absent", user_).code(), StatusCode::kNotFound);
}

TEST_F(Reachable, ARunnerWarnsOfAHostProgramThatIsOutOfReach) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may run operations as another user";
  const auto warnings = [&](mode_t mode) {
    EXPECT_EQ(chmod(inner_.c_str(), mode), 0);
    ProcessRunnerOptions options;
    options.host_program = inner_ + "/host";
    fs::copy_file("/bin/sh", options.host_program, fs::copy_options::overwrite_existing);
    options.user = user_;
    RecordingLogger logger;
    const auto runner = ProcessRunner::Create(std::move(options), logger);
    EXPECT_TRUE(runner.ok()) << runner.status().ToString();
    return logger.lines().size();
  };
  EXPECT_EQ(warnings(0700), 1U);
  EXPECT_EQ(warnings(0755), above_.ok() ? 0U : 1U);
}

}  // namespace
}  // namespace kubediag::host
