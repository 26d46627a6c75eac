#include "engine/core/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/limits.h"

namespace kubediag {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

Status ErrnoStatus(std::string_view verb, std::string_view path) {
  return Status::FromErrno(std::string(verb) + " " + std::string(path), errno);
}

int OpenBeneath(int directory_fd, const std::string& path, uint64_t flags, mode_t mode) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, directory_fd, path.c_str(), &how, sizeof how));
}

}  // namespace

Result<std::string> ReadAll(int fd, std::string_view name, size_t max_bytes) {
  std::string bytes;
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    bytes.reserve(std::min(static_cast<size_t>(info.st_size), max_bytes) + 1);
  }
  constexpr size_t kStep = 64 * kKiB;
  for (;;) {
    const size_t used = bytes.size();
    bytes.resize(used + kStep);
    const ssize_t got = read(fd, bytes.data() + used, kStep);
    if (got < 0 && errno == EINTR) {
      bytes.resize(used);
      continue;
    }
    if (got < 0) return ErrnoStatus("read", name);
    bytes.resize(used + static_cast<size_t>(got));
    if (got == 0) return bytes;
    if (bytes.size() > max_bytes) {
      return Status::ResourceExhausted(std::string(name) + " is larger than " +
                                       std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus("open", path);
  return ReadAll(fd.get(), path, max_bytes);
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Status::FromErrno("write", errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return Status::Ok();
}

Result<UniqueFd> OpenDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus("open directory", path);
  return fd;
}

Result<UniqueFd> MakeDirectory(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), kDirectoryMode) != 0 && errno != EEXIST && errno != EROFS &&
        errno != EACCES) {
      return ErrnoStatus("make directory", parent);
    }
  }
  if (mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return ErrnoStatus("make directory", path);
  }
  return OpenDirectory(path);
}

Result<UniqueFd> MakeDirectoryAt(int directory_fd, std::string_view relative_path) {
  UniqueFd current(fcntl(directory_fd, F_DUPFD_CLOEXEC, 0));
  if (!current.valid()) return ErrnoStatus("duplicate directory of", relative_path);
  while (!relative_path.empty()) {
    const size_t slash = relative_path.find('/');
    const std::string component(relative_path.substr(0, slash));
    relative_path.remove_prefix(slash == std::string_view::npos ? relative_path.size() : slash + 1);
    if (component.empty()) continue;
    if (component == "." || component == "..") {
      return Status::InvalidArgument("path component \"" + component + "\" is not allowed");
    }
    if (mkdirat(current.get(), component.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return ErrnoStatus("make directory", component);
    }
    UniqueFd next(OpenBeneath(current.get(), component, O_RDONLY | O_DIRECTORY, 0));
    if (!next.valid()) return ErrnoStatus("open directory", component);
    current = std::move(next);
  }
  return current;
}

Result<UniqueFd> OpenAt(int directory_fd, std::string_view relative_path, int flags) {
  const bool creates = (flags & O_CREAT) != 0;
  UniqueFd fd(OpenBeneath(directory_fd, std::string(relative_path), static_cast<uint64_t>(flags),
                          creates ? kFileMode : 0));
  if (!fd.valid()) return ErrnoStatus("open", relative_path);
  return fd;
}

Status TakeDirectory(int directory_fd) {
  // The owner first: until then he may change the mode again.
  if (fchown(directory_fd, geteuid(), getegid()) != 0) {
    return Status::FromErrno("take a folder", errno);
  }
  if (fchmod(directory_fd, kDirectoryMode) != 0) return Status::FromErrno("close a folder", errno);
  return Status::Ok();
}

Status ReplaceFileAt(int directory_fd, const std::string& name, std::string_view bytes,
                     mode_t mode) {
  if (name.empty() || name.find('/') != std::string::npos) {
    return Status::InvalidArgument("\"" + name + "\" is not a file name");
  }
  const std::string temporary = "." + name.substr(0, 200) + "." + RandomHex(8) + ".new";
  // O_EXCL does not follow a link either.
  UniqueFd fd(OpenBeneath(directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
  if (!fd.valid()) return ErrnoStatus("open", temporary);
  Status status = WriteAll(fd.get(), bytes);
  if (status.ok() && fsync(fd.get()) != 0) status = ErrnoStatus("fsync", temporary);
  if (status.ok() && renameat(directory_fd, temporary.c_str(), directory_fd, name.c_str()) != 0) {
    status = ErrnoStatus("rename to", name);
  }
  if (!status.ok()) {
    unlinkat(directory_fd, temporary.c_str(), 0);
    return status;
  }
  if (fsync(directory_fd) != 0) return ErrnoStatus("fsync directory of", name);
  return Status::Ok();
}

}  // namespace kubediag
