#include "engine/catalog/module_copies.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::catalog {
namespace {

constexpr char kLockName[] = ".lock";
constexpr mode_t kCopyMode = 0555;  // an operation user reads it; the directory keeps others out

bool LockFile(int fd, int operation) {
  while (flock(fd, operation) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// Ours to remove: finished copies and what a killed process left half-made.
bool IsCopyName(std::string_view name) { return name.ends_with(".so") || name.ends_with(".new"); }

void RemoveOldCopies(int directory) {
  const int listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(listing), closedir);
  if (stream == nullptr) {
    close(listing);
    return;
  }
  const time_t oldest = time(nullptr) - std::chrono::seconds(kModuleCopyAge).count();
  while (const dirent* entry = readdir(stream.get())) {
    struct stat info {};
    if (!IsCopyName(entry->d_name)) continue;
    if (fstatat(directory, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (info.st_mtime < oldest) unlinkat(directory, entry->d_name, 0);
  }
}

Status CopyBytes(int source, int target, const std::string& name) {
  std::array<char, 64 * kKiB> buffer;
  size_t total = 0;
  for (;;) {
    const ssize_t got = read(source, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::FromErrno("read " + name, errno).WithReason("FileUnreadable");
    if (got == 0) return Status::Ok();
    total += static_cast<size_t>(got);
    if (total > kMaxModuleBytes) {
      return Status::ResourceExhausted(name + " grew past " + std::to_string(kMaxModuleBytes) +
                                       " bytes while it was read")
          .WithReason("FileTooLarge");
    }
    KUBEDIAG_RETURN_IF_ERROR(WriteAll(target, {buffer.data(), static_cast<size_t>(got)}));
  }
}

}  // namespace

Result<ModuleCopies> ModuleCopies::Open(const std::string& directory) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, MakeDirectory(directory));
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd lock, OpenAt(fd.get(), kLockName, O_RDWR | O_CREAT));
  // The exclusive lock proves that no other process may start any copy. Changing it to a shared one
  // lets go of it for a moment, in which another process may clear the directory: by then we
  // refer to nothing in it, and every copy is made anew after this.
  if (LockFile(lock.get(), LOCK_EX | LOCK_NB)) RemoveOldCopies(fd.get());
  if (!LockFile(lock.get(), LOCK_SH)) return Status::FromErrno("lock " + directory, errno);
  // Absolute: a child process may start elsewhere.
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
  return ModuleCopies(error ? directory : absolute.string(), std::move(fd), std::move(lock));
}

ModuleCopies::ModuleCopies(std::string path, UniqueFd directory, UniqueFd lock)
    : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}

Result<ModuleCopies::Copy> ModuleCopies::Add(int source, const std::string& name) const {
  const std::string temporary = "." + RandomHex(16) + ".new";
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd fd,
                            OpenAt(directory_.get(), temporary, O_RDWR | O_CREAT | O_EXCL));
  // Not synced to the disk: the next start copies every module again and renames over what it
  // finds, so a copy that a power failure cut short is never used.
  Status status = CopyBytes(source, fd.get(), name);
  if (status.ok() && lseek(fd.get(), 0, SEEK_SET) != 0) status = Status::FromErrno("seek", errno);
  Copy copy;
  if (status.ok()) {
    if (Result<FileDigest> digest = Sha256OfFile(fd.get()); digest.ok()) {
      copy.sha256 = std::move(digest->sha256);
    } else {
      status = digest.status();
    }
  }
  const std::string file = copy.sha256 + ".so";
  if (status.ok() &&
      (fchmod(fd.get(), kCopyMode) != 0 ||
       renameat(directory_.get(), temporary.c_str(), directory_.get(), file.c_str()) != 0)) {
    status = Status::FromErrno("copy " + name + " to " + path_, errno);
  }
  if (!status.ok()) {
    unlinkat(directory_.get(), temporary.c_str(), 0);
    return status;
  }
  copy.path = path_ + "/" + file;
  return copy;
}

}  // namespace kubediag::catalog
