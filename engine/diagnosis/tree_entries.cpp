#include "engine/diagnosis/tree_entries.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace kubediag::diagnosis {

Result<UniqueFd> OpenWithin(int directory, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  UniqueFd fd(static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
  if (fd.valid()) return fd;
  if (errno == EXDEV) {
    return Status::FailedPrecondition("something is mounted at " + path)
        .WithReason(kReasonMountedHere);
  }
  return Status::FromErrno("open " + path, errno);
}

bool OpenUp(int directory, const std::string& name) {
  constexpr mode_t kOurs = 0700;
  // Not by its name: chmod(2) follows a link.
  const auto handle = OpenWithin(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!handle.ok()) return false;
  const std::string path = "/proc/self/fd/" + std::to_string(handle->get());
  (void)chown(path.c_str(), geteuid(), getegid());
  return chmod(path.c_str(), kOurs) == 0;
}

Status ForEachName(int directory, const std::function<bool(const std::string& name)>& visit) {
  UniqueFd listing(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing.valid()) return Status::FromErrno("list a folder", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(listing.get()), closedir);
  if (stream == nullptr) return Status::FromErrno("list a folder", errno);
  (void)listing.Release();
  // A DIR belongs to this call alone.
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) {
      return errno == 0 ? Status::Ok() : Status::FromErrno("list a folder", errno);
    }
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) return Status::Ok();
  }
}

std::chrono::system_clock::time_point ChangeTimeOf(const struct stat& info) {
  using Time = std::chrono::system_clock::time_point;
  using std::chrono::duration_cast;
  // File systems go on for longer than a 64-bit count of nanoseconds.
  const auto whole = std::chrono::seconds(info.st_ctim.tv_sec);
  if (whole >= duration_cast<std::chrono::seconds>(Time::max().time_since_epoch())) {
    return Time::max();
  }
  if (whole <= duration_cast<std::chrono::seconds>(Time::min().time_since_epoch())) {
    return Time::min();
  }
  return Time(duration_cast<Time::duration>(whole) +
              duration_cast<Time::duration>(std::chrono::nanoseconds(info.st_ctim.tv_nsec)));
}

}  // namespace kubediag::diagnosis
