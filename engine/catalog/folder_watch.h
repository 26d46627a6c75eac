// FolderWatch: tells that something has changed in a set of folders, also in ones that do not exist
// yet (then their nearest existing ancestor is watched for the way to them).
//
// Says only *that* something changed, never what: whoever asks reads the folders again, so a lost
// event (queue overflow, a folder replaced by another) cannot leave a stale view. Not thread-safe;
// poll(2) on fd() may run beside any call.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::catalog {

class FolderWatch {
 public:
  // Which file names matter. Changes of other files go unreported.
  using NameFilter = std::function<bool(std::string_view name)>;

  // Starts to watch. ResourceExhausted if the kernel has no inotify instance left.
  static Result<FolderWatch> Open(const std::vector<std::string>& folders, NameFilter filter);

  // Readable when Drain() has something to read.
  int fd() const { return inotify_.get(); }

  // Takes all queued events without blocking. True: read the folders again, after Rearm().
  bool Drain();

  // Follows folders that appeared, vanished or were replaced. Call before reading the folders, so
  // that what changes while they are read is reported by the next Drain().
  void Rearm();

 private:
  FolderWatch(UniqueFd inotify, const std::vector<std::string>& folders, NameFilter filter);

  // What is expected of one watched directory.
  struct Expectation {
    bool is_folder = false;            // one of folders_: names pass the filter
    std::set<std::string> components;  // an ancestor: next components of the ways to folders
  };

  int Watch(const std::string& path);
  void WatchParent(const std::string& folder, std::map<int, Expectation>& watches);
  void WatchFolderOrAncestor(const std::string& folder, std::map<int, Expectation>& watches);
  bool Matters(int watch, uint32_t mask, std::string_view name) const;

  UniqueFd inotify_;
  std::vector<std::string> folders_;
  NameFilter filter_;
  std::map<int, Expectation> watches_;
};

}  // namespace kubediag::catalog
