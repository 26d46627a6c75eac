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
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::catalog {
namespace {

constexpr char kLockName[] = ".lock";
constexpr char kChangeLockName[] = ".change";  // held while a copy is put in place or removed
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kCopyMode = 0555;  // an operation user reads it; the directory keeps others out

bool LockFile(int fd, int operation) {
  while (flock(fd, operation) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// Ours to remove: finished copies and what a killed process left half-made.
bool IsCopyName(std::string_view name) { return name.ends_with(".so") || name.ends_with(".new"); }

std::vector<std::string> ListCopies(int directory) {
  std::vector<std::string> names;
  const int listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(listing), closedir);
  if (stream == nullptr) {
    close(listing);
    return names;
  }
  // A DIR belongs to this call alone.
  while (const dirent* entry = readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (IsCopyName(entry->d_name)) names.emplace_back(entry->d_name);
  }
  return names;
}

bool IsOld(int directory, const std::string& name) {
  const time_t oldest = time(nullptr) - std::chrono::seconds(kModuleCopyAge).count();
  struct stat info {};
  return fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         info.st_mtime < oldest;
}

void RemoveOldCopies(int directory) {
  for (const std::string& name : ListCopies(directory)) {
    if (IsOld(directory, name)) unlinkat(directory, name.c_str(), 0);
  }
}

// Whether a process refers to the copy, or it cannot be told.
bool IsLeased(int directory, const std::string& name) {
  const auto fd = OpenAt(directory, name, O_RDONLY | O_NONBLOCK);
  return !fd.ok() || !LockFile(fd->get(), LOCK_EX | LOCK_NB);
}

bool IsSha256(std::string_view name) {
  constexpr size_t kHexDigits = 64;
  return name.size() == kHexDigits &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The copy of that content, if it is what its name says.
Result<UniqueFd> OpenSound(int directory, const std::string& sha256) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenAt(directory, sha256 + ".so", O_RDONLY | O_NONBLOCK));
  KUBEDIAG_ASSIGN_OR_RETURN(const FileDigest digest, Sha256OfFile(fd.get()));
  struct stat info {};
  if (digest.sha256 != sha256 || fstat(fd.get(), &info) != 0 ||
      (info.st_mode & 07777U) != kCopyMode) {
    return Status::NotFound("the copy " + sha256 + ".so is damaged");
  }
  return fd;
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

struct ModuleCopies::State {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<const void>> leases;  // of copies of ours, by SHA-256
};

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
    : path_(std::move(path)),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      state_(std::make_shared<State>()) {}

// A duplicate of the directory's descriptor, after making the directory anew if it has been
// removed.
Result<UniqueFd> ModuleCopies::Renew() {
  const std::lock_guard lock(state_->mutex);
  struct stat ours {};
  struct stat theirs {};
  const bool there = fstat(directory_.get(), &ours) == 0 && stat(path_.c_str(), &theirs) == 0 &&
                     ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  if (!there) {
    if (mkdir(path_.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      const int error = errno;
      const std::string parent = std::filesystem::path(path_).parent_path().string();
      if (error != ENOENT) return Status::FromErrno("make directory " + path_, error);
      return Status::Unavailable("the data root " + parent + " has been removed: restart kubediag");
    }
    KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory, OpenDirectory(path_));
    KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd mark, OpenAt(directory.get(), kLockName, O_RDWR | O_CREAT));
    if (!LockFile(mark.get(), LOCK_SH)) return Status::FromErrno("lock " + path_, errno);
    directory_ = std::move(directory);
    lock_ = std::move(mark);
  }
  UniqueFd duplicate(fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0));
  if (!duplicate.valid()) return Status::FromErrno("duplicate " + path_, errno);
  return duplicate;
}

Result<ModuleCopies::Copy> ModuleCopies::Add(int source, const std::string& name) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd directory, Renew());
  const std::string temporary = "." + RandomHex(16) + ".new";
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd,
                            OpenAt(directory.get(), temporary, O_RDWR | O_CREAT | O_EXCL));
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
  if (status.ok()) status = Adopt(copy, temporary, std::move(fd)).Annotate("copy " + name);
  unlinkat(directory.get(), temporary.c_str(), 0);
  if (!status.ok()) return status;
  return copy;
}

// An equal copy is left in place: another process may refer to it, and holds a lock on that file.
Status ModuleCopies::Adopt(Copy& copy, const std::string& temporary, UniqueFd fd) {
  const std::string file = copy.sha256 + ".so";
  copy.path = path_ + "/" + file;
  const std::lock_guard lock(state_->mutex);
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd change,
                            OpenAt(directory_.get(), kChangeLockName, O_RDWR | O_CREAT));
  if (!LockFile(change.get(), LOCK_EX)) return Status::FromErrno("lock " + path_, errno);
  auto present = OpenSound(directory_.get(), copy.sha256);
  const bool reused = present.ok();
  if (reused) {
    futimens(present->get(), nullptr);  // as young as one made anew
    fd = *std::move(present);
  }
  if (!reused &&
      (fchmod(fd.get(), kCopyMode) != 0 ||
       renameat(directory_.get(), temporary.c_str(), directory_.get(), file.c_str()) != 0)) {
    return Status::FromErrno("put it in place", errno);
  }
  if (!reused) state_->leases.erase(copy.sha256);  // of a file that was not what its name says
  copy.lease = LeaseOf(copy.sha256, std::move(fd));
  return Status::Ok();
}

// Under the mutex and the lock for changes.
std::shared_ptr<const void> ModuleCopies::LeaseOf(const std::string& sha256, UniqueFd fd) {
  std::weak_ptr<const void>& known = state_->leases[sha256];
  if (auto lease = known.lock()) return lease;
  // Without locks on this file system other processes are not heeded.
  (void)LockFile(fd.get(), LOCK_SH | LOCK_NB);
  std::shared_ptr<const void> lease = std::make_shared<const UniqueFd>(std::move(fd));
  known = lease;
  return lease;
}

Result<ModuleCopies::Copy> ModuleCopies::Recall(const std::string& path) {
  const std::filesystem::path file = std::filesystem::path(path).filename();
  Copy copy;
  copy.sha256 = file.stem().string();
  if (file.extension() != ".so" || !IsSha256(copy.sha256)) {
    return Status::NotFound(path + " is no copy of a module");
  }
  copy.path = path_ + "/" + file.string();
  const std::lock_guard lock(state_->mutex);
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd change,
                            OpenAt(directory_.get(), kChangeLockName, O_RDWR | O_CREAT));
  if (!LockFile(change.get(), LOCK_EX)) return Status::FromErrno("lock " + path_, errno);
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenSound(directory_.get(), copy.sha256));
  copy.lease = LeaseOf(copy.sha256, std::move(fd));
  return copy;
}

bool ModuleCopies::IsThere(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

ModuleCopies::Pruned ModuleCopies::Prune() {
  Pruned pruned;
  const std::lock_guard lock(state_->mutex);
  const auto change = OpenAt(directory_.get(), kChangeLockName, O_RDWR | O_CREAT);
  if (!change.ok() || !LockFile(change->get(), LOCK_EX)) return pruned;
  for (const std::string& name : ListCopies(directory_.get())) {
    const std::string sha256 = name.substr(0, name.rfind('.'));
    const auto ours = state_->leases.find(sha256);
    const bool dropped = ours != state_->leases.end() && ours->second.expired();
    if (ours != state_->leases.end() && !dropped) {
      ++pruned.leased;
      continue;
    }
    if (!dropped && !IsOld(directory_.get(), name)) continue;
    if (IsLeased(directory_.get(), name)) continue;
    if (unlinkat(directory_.get(), name.c_str(), 0) != 0) continue;
    pruned.removed.push_back(sha256);
  }
  std::erase_if(state_->leases, [](const auto& lease) { return lease.second.expired(); });
  return pruned;
}

}  // namespace kubediag::catalog
