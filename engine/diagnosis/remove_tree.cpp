#include "engine/diagnosis/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr uint64_t kEntryBytes = 4 * kKiB;  // an empty file is not free either

constexpr size_t kGoneNameBytes = 8;

// As OpenAt(), but whatever is mounted beneath `directory` is not entered: it is not the tree's.
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

void Count(const struct stat& info, TreeSize& size) {
  constexpr uint64_t kBlock = 512;
  size.bytes += std::max(static_cast<uint64_t>(info.st_blocks) * kBlock, kEntryBytes);
  size.newest = std::max(size.newest, ChangeTimeOf(info));
}

// Paths have a longest length, and each is walked from its beginning: deep down they begin at a
// folder that is held open. There are not many of these, however a tree is made.
constexpr size_t kLongPath = 1024;
constexpr size_t kMaxBases = 16;

struct Base {
  Base(UniqueFd opened, size_t& count_of_bases) : fd(std::move(opened)), count(count_of_bases) {
    ++count;
  }
  ~Base() { --count; }
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;
  UniqueFd fd;
  size_t& count;
};

struct Unmeasured {
  std::shared_ptr<const Base> base;  // null: the top
  std::string path;                  // relative to it
};

// One folder emptied of all but folders, which are moved up into the tree's top: so the next one
// is never deeper than that.
class Emptier {
 public:
  Emptier(int top, const std::stop_token& stop) : top_(top), stop_(stop) {}

  // Empties the top; ok if nothing is left.
  Status EmptyTop() {
    for (bool progress = true; progress;) {
      progress = false;
      failure_ = Status::Ok();
      std::vector<std::string> folders;
      KUBEDIAG_RETURN_IF_ERROR(ForEachName(top_, [&](const std::string& name) {
        if (Remove(top_, name)) {
          progress = true;
        } else if (!Stopped()) {
          folders.push_back(name);
        }
        return !Stopped() && folders.size() < kFoldersAtOnce;
      }));
      for (const std::string& folder : folders) progress |= EmptyFolder(folder);
      if (Stopped()) return Status::Cancelled("stopped");
      if (!progress && folders.empty()) return failure_;
    }
    return failure_.ok() ? Status::Internal("something cannot be removed") : failure_;
  }

 private:
  static constexpr size_t kFoldersAtOnce = 1024;
  static constexpr mode_t kOurs = 0700;

  bool Stopped() const { return stop_.stop_requested(); }

  // False if it is still there: a folder that holds something, or what must stay.
  bool Remove(int directory, const std::string& name) {
    if (unlinkat(directory, name.c_str(), 0) == 0) return true;
    if (errno == EISDIR || errno == EPERM) {
      if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return true;
    }
    if (errno == ENOENT) return true;
    if (errno != ENOTEMPTY && errno != EEXIST) failure_ = Status::FromErrno("remove", errno);
    return false;
  }

  bool EmptyFolder(const std::string& folder) {
    // An operation may have closed it even to us.
    auto opened = OpenWithin(top_, folder, kOpenFolder);
    if (!opened.ok() && Unlock(folder)) opened = OpenWithin(top_, folder, kOpenFolder);
    if (!opened.ok()) {
      failure_ = opened.status();
      return false;
    }
    const int directory = opened->get();
    (void)TakeDirectory(directory);  // another user's may be sticky
    bool progress = false;
    const Status listed = ForEachName(directory, [&](const std::string& name) {
      progress |= Remove(directory, name) || MoveUp(directory, name);
      return !Stopped();
    });
    if (!listed.ok()) failure_ = listed;
    return Remove(top_, folder) || progress;
  }

  // chmod(2) of a folder that cannot be opened, without following a link of that name.
  bool Unlock(const std::string& folder) {
    const auto handle = OpenWithin(top_, folder, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (!handle.ok()) return false;
    const std::string path = "/proc/self/fd/" + std::to_string(handle->get());
    (void)chown(path.c_str(), geteuid(), getegid());
    return chmod(path.c_str(), kOurs) == 0;
  }

  bool MoveUp(int directory, const std::string& name) {
    constexpr size_t kNameBytes = 8;
    // Of another user's folder only its owner may change what is above it.
    if (renameat(directory, name.c_str(), top_, RandomHex(kNameBytes).c_str()) == 0) return true;
    failure_ = Status::FromErrno("move " + name + " to remove it", errno);
    return false;
  }

  const int top_;
  const std::stop_token& stop_;
  Status failure_;
};

}  // namespace

Status ForEachName(int directory, const std::function<bool(const std::string& name)>& visit) {
  UniqueFd listing(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing.valid()) return Status::FromErrno("list a folder", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(listing.get()), closedir);
  if (stream == nullptr) return Status::FromErrno("list a folder", errno);
  (void)listing.Release();
  // A DIR belongs to this call alone.
  while (const dirent* entry = readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) break;
  }
  return Status::Ok();
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

Result<TreeSize> MeasureTree(int parent, const std::string& name, const std::stop_token& stop,
                             size_t max_entries) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd top, OpenWithin(parent, name, kOpenFolder));
  TreeSize size;
  struct stat info {};
  if (fstat(top.get(), &info) != 0) return Status::FromErrno("look at " + name, errno);
  Count(info, size);
  size_t entries = 0;
  size_t bases = 0;
  std::vector<Unmeasured> folders = {{.base = nullptr, .path = "."}};
  while (!folders.empty() && entries < max_entries && !stop.stop_requested()) {
    Unmeasured folder = std::move(folders.back());
    folders.pop_back();
    auto opened =
        OpenWithin(folder.base ? folder.base->fd.get() : top.get(), folder.path, kOpenFolder);
    if (opened.status().reason() == kReasonMountedHere) return opened.status();
    if (!opened.ok()) continue;
    const int directory = opened->get();
    if (folder.path.size() > kLongPath && bases < kMaxBases) {
      folder = {.base = std::make_shared<const Base>(*std::move(opened), bases), .path = "."};
    }
    (void)ForEachName(directory, [&](const std::string& entry) {
      struct stat of_entry {};
      if (fstatat(directory, entry.c_str(), &of_entry, AT_SYMLINK_NOFOLLOW) != 0) return true;
      Count(of_entry, size);
      if (S_ISDIR(of_entry.st_mode)) {
        folders.push_back(folder);
        folders.back().path.append("/").append(entry);
      }
      return ++entries < max_entries && !stop.stop_requested();
    });
  }
  return size;
}

Result<std::string> TakeAway(int parent, const std::string& name) {
  std::string gone = kGonePrefix + RandomHex(kGoneNameBytes);
  if (renameat(parent, name.c_str(), parent, gone.c_str()) != 0) {
    return Status::FromErrno("rename " + name, errno);
  }
  return gone;
}

bool IsTakenAway(std::string_view name) {
  constexpr std::string_view kPrefix = kGonePrefix;
  return name.size() == kPrefix.size() + 2 * kGoneNameBytes && name.starts_with(kPrefix) &&
         name.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

Status RemoveTree(int parent, const std::string& name, const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd top, OpenWithin(parent, name, kOpenFolder));
  Emptier emptier(top.get(), stop);
  KUBEDIAG_RETURN_IF_ERROR(emptier.EmptyTop().Annotate("remove " + name));
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return Status::FromErrno("remove " + name, errno);
  }
  return Status::Ok();
}

}  // namespace kubediag::diagnosis
