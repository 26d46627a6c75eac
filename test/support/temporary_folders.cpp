#include "test/support/temporary_folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace kubediag::testing {
namespace {

namespace fs = std::filesystem;

// Modules and operations of other users are looked up below it.
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kWritableByOthers = 022;

bool IsOurs(const fs::path& folder) {
  struct stat info {};
  return lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
         (info.st_mode & kWritableByOthers) == 0;
}

UniqueFd Open(const fs::path& folder) {
  return UniqueFd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// What programs have left that live no more.
void RemoveAbandoned(const fs::path& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const UniqueFd folder = Open(entry.path());
    if (folder.valid() && flock(folder.get(), LOCK_EX | LOCK_NB) == 0) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

// Whether `folder` is still what `path` names: another program may have taken it for abandoned.
bool IsStill(const UniqueFd& folder, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(folder.get(), &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

class OwnFolder : public ::testing::Environment {
 public:
  void SetUp() override {
    std::error_code error;
    const fs::path base = fs::temp_directory_path(error);
    if (!error) folder_ = ProgramFolder::Make(base);
    if (!folder_) return;
    setenv("TMPDIR", folder_->path().c_str(), 1);       // NOLINT(concurrency-mt-unsafe)
    setenv("TEST_TMPDIR", folder_->path().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  void TearDown() override { folder_.reset(); }

 private:
  std::unique_ptr<ProgramFolder> folder_;
};

[[maybe_unused]] const auto* const kOwnFolder =
    ::testing::AddGlobalTestEnvironment(new OwnFolder);  // GoogleTest's from here on

}  // namespace

std::unique_ptr<ProgramFolder> ProgramFolder::Make(const fs::path& base) {
  const fs::path parent = base / ("kubediag-tests-" + std::to_string(geteuid()));
  (void)mkdir(parent.c_str(), kFolderMode);
  if (!IsOurs(parent)) return nullptr;
  RemoveAbandoned(parent);
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string path = (parent / "XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) return nullptr;
    UniqueFd lock = Open(path);
    if (lock.valid() && flock(lock.get(), LOCK_EX) == 0 && IsStill(lock, path)) {
      (void)chmod(path.c_str(), kFolderMode);
      return std::unique_ptr<ProgramFolder>(new ProgramFolder(path, std::move(lock)));
    }
  }
  return nullptr;
}

ProgramFolder::~ProgramFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace kubediag::testing
