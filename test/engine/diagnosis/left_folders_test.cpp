// Folders of artifacts that an engine which was killed has left to another user.
#include "engine/diagnosis/left_folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/core/file.h"
#include "engine/diagnosis/remove_tree.h"
#include "test/engine/diagnosis/fixture.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::diagnosis {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class LeftFoldersTest : public ExecutorTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root may change the owner";
    operation::OperationDescriptor descriptor = Module("saves");
    descriptor.artifact_folder = "saved/here";
    Add(descriptor, [](const operation::Job&, auto&&...) { return operation::RunOutcome(); });
  }
  std::string Leave(const std::string& name, uid_t owner, mode_t mode) const {
    std::string path = Path("saved/here/" + name);
    fs::create_directories(path);
    EXPECT_EQ(chown(path.c_str(), owner, owner), 0);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  static struct stat Look(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0);
    return info;
  }
};

TEST_F(LeftFoldersTest, AreTakenBackByTheNextEngine) {
  const std::string plain = Leave("20261123122127", kNobody, 07777);
  const std::string of_a_pod = Leave("ns.pod.container/20261123122127-2", kNobody, 0);
  std::ofstream(plain + "/kept") << "x";
  ASSERT_EQ(chown((plain + "/kept").c_str(), kNobody, kNobody), 0);
  executor();
  for (const std::string& path : {plain, of_a_pod}) {
    EXPECT_EQ(Look(path).st_uid, geteuid()) << path;
    EXPECT_EQ(Look(path).st_mode & 07777U, 0700U) << path;
  }
  EXPECT_EQ(Look(plain + "/kept").st_uid, kNobody) << "a page that is served again needs it";
}

TEST_F(LeftFoldersTest, ThatAreInUseOrNoRunsFoldersStayAsTheyAre) {
  const std::string locked = Leave("20261123122127", kNobody, 0700);
  const std::string unknown = Leave("other", kNobody, 0700);
  const std::string target = Leave("target", kNobody, 0700);
  fs::create_directory_symlink("target", Path("saved/here/20261123122128"));
  const std::string ours = Leave("20261123122129", geteuid(), 0755);
  const UniqueFd user = OpenDirectory(locked).value();
  ASSERT_EQ(flock(user.get(), LOCK_SH), 0);
  executor();
  EXPECT_EQ(Look(locked).st_uid, kNobody);
  EXPECT_EQ(Look(unknown).st_uid, kNobody);
  EXPECT_EQ(Look(target).st_uid, kNobody);
  EXPECT_EQ(Look(ours).st_mode & 07777U, 0755U);
}

TEST_F(LeftFoldersTest, AreTakenBackByASweepOnceTheyAreFree) {
  const std::string locked = Leave("20261123122127", kNobody, 0700);
  UniqueFd user = OpenDirectory(locked).value();
  ASSERT_EQ(flock(user.get(), LOCK_SH), 0);
  executor();
  user.Reset();
  executor().Sweep(std::chrono::system_clock::now());
  EXPECT_EQ(Look(locked).st_uid, geteuid());
}

TEST_F(LeftFoldersTest, InAnotherUsersDataRootAreHis) {
  const std::string folder = Leave("20261123122127", kNobody, 0755);
  ASSERT_EQ(chown(options.data_root.c_str(), kNobody, kNobody), 0);
  executor();
  executor().Sweep(std::chrono::system_clock::now());
  EXPECT_EQ(Look(folder).st_uid, kNobody);
  EXPECT_EQ(Look(folder).st_mode & 07777U, 0755U);
}

// What its user has closed, also by the bit that lets nobody but an owner remove.
TEST_F(LeftFoldersTest, AreRemovedWithoutTheRightsOfAnOwner) {
  const std::string left = Leave("20261123122127", geteuid(), 0700);
  for (const auto& [name, mode] : {std::pair("sticky", 01777U), std::pair("closed", 0U)}) {
    const std::string inner = left + "/" + name;
    fs::create_directory(inner);
    std::ofstream(inner + "/file") << "x";
    ASSERT_EQ(chown((inner + "/file").c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(chown(inner.c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(chmod(inner.c_str(), mode), 0);
  }
  host::InThread([&] {
    host::GiveUp({CAP_FOWNER});
    const UniqueFd parent = OpenDirectory(Path("saved/here")).value();
    const Status removed = RemoveTree(parent.get(), "20261123122127", {});
    EXPECT_TRUE(removed.ok()) << removed.ToString();
  });
  EXPECT_FALSE(fs::exists(left));
}

}  // namespace
}  // namespace kubediag::diagnosis
