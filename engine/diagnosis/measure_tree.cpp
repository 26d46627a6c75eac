#include "engine/diagnosis/measure_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/diagnosis/tree_entries.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr uint64_t kEntryBytes = 4 * kKiB;  // an empty file is not free either

// Depth first. A path from the top would grow with the depth, and a descriptor for each level
// would too: so one folder is held open, and the way back up is "..", by which the kernel must
// come to the very folder that was left.
class Measurer {
 public:
  Measurer(TreeSize& size, const std::stop_token& stop, const MeasureLimits& limits)
      : size_(size), stop_(stop), limits_(limits) {}

  void Count(const struct stat& info) {
    constexpr uint64_t kBlock = 512;
    size_.bytes += std::max(static_cast<uint64_t>(info.st_blocks) * kBlock, kEntryBytes);
    size_.newest = std::max(size_.newest, ChangeTimeOf(info));
  }

  Status Measure(UniqueFd top) {
    KUBEDIAG_RETURN_IF_ERROR(Judge(List(std::move(top))));
    while (!folders_.empty() && !full_ && !stop_.stop_requested()) {
      const Folder folder = folders_.back();
      folders_.pop_back();
      const std::string name = names_.substr(folder.name_begin);
      names_.resize(folder.name_begin);
      KUBEDIAG_RETURN_IF_ERROR(GoUpTo(folder.depth));
      if (full_) break;
      auto opened = OpenWithin(at_.get(), name, kOpenFolder);
      Status status = opened.status();
      if (opened.ok()) status = List(*std::move(opened));
      KUBEDIAG_RETURN_IF_ERROR(Judge(status));
    }
    return Status::Ok();
  }

 private:
  // Still to be listed.
  struct Folder {
    size_t depth = 0;  // of the folder it is in; the top has 1
    size_t name_begin = 0;
  };
  // A folder on the way from the top.
  struct Level {
    dev_t device = 0;
    ino_t inode = 0;
  };

  // What is held against the tree, and what ends the measuring.
  Status Judge(const Status& status) {
    if (status.ok() || status.code() == StatusCode::kNotFound) return Status::Ok();  // removed
    if (status.reason() == kReasonMountedHere) return status;
    if (status.code() == StatusCode::kResourceExhausted) return status;
    if (size_.uncounted.ok()) size_.uncounted = status;
    return Status::Ok();
  }
  // Nothing more can be counted.
  bool StopBecause(const std::string& why) {
    full_ = true;
    size_.uncounted = Status::FailedPrecondition(why);
    return false;
  }

  // Counts what is in the folder, and stays there if it holds folders.
  Status List(UniqueFd opened) {
    const int directory = opened.get();
    const size_t depth = way_.size() + 1;
    const size_t before = folders_.size();
    Status closed;
    const Status listed = ForEachName(directory, [&](const std::string& name) {
      if (entries_ >= limits_.entries) {
        return StopBecause("more than " + std::to_string(limits_.entries) + " entries");
      }
      ++entries_;
      struct stat info {};
      if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (closed.ok() && errno != ENOENT) closed = Status::FromErrno("look at " + name, errno);
        return !stop_.stop_requested();
      }
      Count(info);
      if (S_ISDIR(info.st_mode)) {
        if (names_.size() + name.size() > limits_.name_bytes) {
          return StopBecause("folders with more than " + std::to_string(limits_.name_bytes) +
                             " bytes of names");
        }
        folders_.push_back({.depth = depth, .name_begin = names_.size()});
        names_ += name;
      }
      return !stop_.stop_requested();
    });
    if (folders_.size() > before) {
      struct stat info {};
      if (fstat(directory, &info) != 0) return Status::FromErrno("look at a folder", errno);
      way_.push_back({.device = info.st_dev, .inode = info.st_ino});
      at_ = std::move(opened);
    }
    return listed.ok() ? closed : listed;
  }

  Status GoUpTo(size_t depth) {
    while (way_.size() > depth) {
      UniqueFd above(openat(at_.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!above.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
        return Status::FromErrno("go up", errno);
      }
      way_.pop_back();
      struct stat info {};
      if (!above.valid() || fstat(above.get(), &info) != 0 || info.st_dev != way_.back().device ||
          info.st_ino != way_.back().inode) {
        StopBecause("folders that are moved while they are measured");
        return Status::Ok();
      }
      at_ = std::move(above);
    }
    return Status::Ok();
  }

  TreeSize& size_;
  const std::stop_token& stop_;
  const MeasureLimits limits_;
  std::vector<Folder> folders_;  // the last one first, so never one above is left for one below
  std::string names_;            // of all of them, without anything between
  std::vector<Level> way_;       // from the top to `at_`
  UniqueFd at_;
  size_t entries_ = 0;
  bool full_ = false;
};

}  // namespace

Result<TreeSize> MeasureTree(int parent, const std::string& name, const std::stop_token& stop,
                             MeasureLimits limits) {
  TreeSize size;
  Measurer measurer(size, stop, limits);
  struct stat info {};
  auto top = OpenWithin(parent, name, kOpenFolder);
  if (top.ok()) {
    if (fstat(top->get(), &info) != 0) return Status::FromErrno("look at " + name, errno);
    measurer.Count(info);
    KUBEDIAG_RETURN_IF_ERROR(measurer.Measure(*std::move(top)).Annotate("measure " + name));
    return size;
  }
  // Closed, even to us.
  if (top.status().code() != StatusCode::kPermissionDenied ||
      fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode)) {
    return top.status();
  }
  measurer.Count(info);
  size.uncounted = top.status();
  return size;
}

}  // namespace kubediag::diagnosis
