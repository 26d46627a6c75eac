#include "engine/catalog/module_copies.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::catalog {
namespace {

UniqueFd Read(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// Makes the file look as if nobody had needed it for longer than copies are kept.
void Age(const std::string& path) {
  const time_t old = time(nullptr) - std::chrono::seconds(kModuleCopyAge).count() - 60;
  const timespec times[2] = {{old, 0}, {old, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(ModuleCopies, NamesTheCopyByTheHashOfItsContent) {
  const Folders folders;
  const std::string original = folders.Write("a.so", "content");
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  ASSERT_TRUE(copies.ok()) << copies.status().ToString();

  const Result<ModuleCopies::Copy> copy = copies->Add(Read(original).get(), original);

  ASSERT_TRUE(copy.ok()) << copy.status().ToString();
  EXPECT_EQ(copy->sha256, Sha256Hex("content"));
  EXPECT_EQ(copy->path, folders.Path("modules/" + copy->sha256 + ".so"));
  EXPECT_EQ(*ReadFile(copy->path, 100), "content");
  struct stat info {};
  ASSERT_EQ(stat(copy->path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0555U);
}

TEST(ModuleCopies, KeepsACopyWhenTheOriginalIsOverwritten) {
  const Folders folders;
  const std::string original = folders.Write("a.so", "first");
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  const Result<ModuleCopies::Copy> copy = copies->Add(Read(original).get(), original);
  folders.Write("a.so", "second");
  EXPECT_EQ(*ReadFile(copy->path, 100), "first");
}

TEST(ModuleCopies, ReplacesADamagedCopyOfTheSameName) {
  const Folders folders;
  const std::string original = folders.Write("a.so", "content");
  folders.Make("modules");
  const std::string damaged = folders.Write("modules/" + Sha256Hex("content") + ".so", "con");
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  ASSERT_TRUE(copies->Add(Read(original).get(), original).ok());
  EXPECT_EQ(*ReadFile(damaged, 100), "content");
}

TEST(ModuleCopies, LeavesNothingBehindWhenTheSourceCannotBeRead) {
  const Folders folders;
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  EXPECT_FALSE(copies->Add(Read(folders.Make("directory")).get(), "directory").ok());
  for (const auto& entry : std::filesystem::directory_iterator(folders.Path("modules"))) {
    EXPECT_EQ(entry.path().filename(), ".lock");
  }
}

TEST(ModuleCopies, RemovesOldCopiesAtOpenAndKeepsYoungOnes) {
  const Folders folders;
  folders.Make("modules");
  const std::string old_copy = folders.Write("modules/0000.so", "x");
  const std::string leftover = folders.Write("modules/.1111.new", "x");
  const std::string young = folders.Write("modules/2222.so", "x");
  Age(old_copy);
  Age(leftover);

  ASSERT_TRUE(ModuleCopies::Open(folders.Path("modules")).ok());

  EXPECT_FALSE(std::filesystem::exists(old_copy));
  EXPECT_FALSE(std::filesystem::exists(leftover));
  EXPECT_TRUE(std::filesystem::exists(young));
}

TEST(ModuleCopies, RemovesNothingWhileAnotherUsesTheDirectory) {
  const Folders folders;
  std::optional<Result<ModuleCopies>> agent = ModuleCopies::Open(folders.Path("modules"));
  const std::string old_copy = folders.Write("modules/0000.so", "x");
  Age(old_copy);

  ASSERT_TRUE(ModuleCopies::Open(folders.Path("modules")).ok());
  EXPECT_TRUE(std::filesystem::exists(old_copy));

  agent.reset();
  ASSERT_TRUE(ModuleCopies::Open(folders.Path("modules")).ok());
  EXPECT_FALSE(std::filesystem::exists(old_copy));
}

TEST(ModuleCopies, PruneRemovesWhatNoLeaseRefersToAnyMore) {
  const Folders folders;
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  Result<ModuleCopies::Copy> one = copies->Add(Read(folders.Write("a.so", "one")).get(), "a.so");
  Result<ModuleCopies::Copy> again = copies->Add(Read(folders.Write("b.so", "one")).get(), "b.so");
  Result<ModuleCopies::Copy> two = copies->Add(Read(folders.Write("a.so", "two")).get(), "a.so");
  ASSERT_TRUE(one.ok() && again.ok() && two.ok());

  one->lease.reset();
  EXPECT_EQ(copies->Prune().leased, 2U) << "the same bytes are still referred to";
  EXPECT_TRUE(std::filesystem::exists(one->path));
  again->lease.reset();
  EXPECT_EQ(copies->Prune().removed, std::vector<std::string>{one->sha256});
  EXPECT_FALSE(std::filesystem::exists(one->path));
  EXPECT_TRUE(std::filesystem::exists(two->path));
}

TEST(ModuleCopies, PruneHeedsOtherProcessesAndClearsUpAfterThem) {
  const Folders folders;
  const std::string original = folders.Write("a.so", "content");
  // Locks belong to open files, so two of them in one process are as good as two processes.
  Result<ModuleCopies> agent = ModuleCopies::Open(folders.Path("modules"));
  Result<ModuleCopies> other = ModuleCopies::Open(folders.Path("modules"));
  Result<ModuleCopies::Copy> ours = agent->Add(Read(original).get(), original);
  Result<ModuleCopies::Copy> theirs = other->Add(Read(original).get(), original);
  ours->lease.reset();
  EXPECT_TRUE(agent->Prune().removed.empty());
  Age(theirs->path);
  EXPECT_TRUE(agent->Prune().removed.empty());
  EXPECT_TRUE(std::filesystem::exists(theirs->path));

  theirs->lease.reset();  // the other process is gone
  const std::string young = folders.Write("modules/2222.so", "x");
  const std::string foreign = folders.Write("modules/notes.txt", "x");
  Age(foreign);
  EXPECT_EQ(agent->Prune().removed.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(theirs->path));
  EXPECT_TRUE(std::filesystem::exists(young));
  EXPECT_TRUE(std::filesystem::exists(foreign));
}

TEST(ModuleCopies, RecallsTheCopyOfAnEarlierProcessAndLeasesIt) {
  const Folders folders;
  const std::string original = folders.Write("a.so", "content");
  std::string path;
  {
    Result<ModuleCopies> earlier = ModuleCopies::Open(folders.Path("modules"));
    path = earlier->Add(Read(original).get(), original)->path;
  }
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  std::optional<ModuleCopies::Copy> copy = *copies->Recall(path);
  EXPECT_EQ(copy->path, path);
  EXPECT_EQ(copy->sha256, Sha256Hex("content"));
  Age(path);
  EXPECT_TRUE(copies->Prune().removed.empty());
  EXPECT_TRUE(std::filesystem::exists(path));
  copy.reset();
  EXPECT_EQ(copies->Prune().removed.size(), 1U);
  EXPECT_EQ(copies->Recall(path).status().code(), StatusCode::kNotFound);
}

TEST(ModuleCopies, DoesNotRecallWhatIsNotWhatItsNameSays) {
  const Folders folders;
  Result<ModuleCopies> copies = ModuleCopies::Open(folders.Path("modules"));
  const std::string damaged =
      folders.Write("modules/" + Sha256Hex("content") + ".so", "another content");
  chmod(damaged.c_str(), 0555);
  EXPECT_FALSE(copies->Recall(damaged).ok());
  const std::string writable = folders.Write("modules/" + Sha256Hex("other") + ".so", "other");
  EXPECT_FALSE(copies->Recall(writable).ok());
  chmod(writable.c_str(), 0555);
  EXPECT_TRUE(copies->Recall(writable).ok());
  EXPECT_FALSE(copies->Recall(folders.Write("any.so", "x")).ok());
  EXPECT_FALSE(copies->Recall("").ok());
}

}  // namespace
}  // namespace kubediag::catalog
