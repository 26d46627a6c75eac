#include "engine/catalog/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/core/limits.h"

namespace kubediag::catalog {
namespace {

// Attributes too: a chmod is how a refused file becomes acceptable. Creation, because a hard link
// makes no other event.
constexpr uint32_t kMask = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                           IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t kAlwaysMatters =
    IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

}  // namespace

Result<FolderWatch> FolderWatch::Open(const std::vector<std::string>& folders, NameFilter filter) {
  UniqueFd inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.valid()) return Status::FromErrno("open an inotify instance", errno);
  FolderWatch watch(std::move(inotify), folders, std::move(filter));
  watch.Rearm();
  return watch;
}

FolderWatch::FolderWatch(UniqueFd inotify, const std::vector<std::string>& folders,
                         NameFilter filter)
    : inotify_(std::move(inotify)), filter_(std::move(filter)) {
  for (const std::string& folder : folders) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(folder, error);
    std::string path = (error ? std::filesystem::path(folder) : absolute).lexically_normal();
    if (path.size() > 1 && path.back() == '/') path.pop_back();
    folders_.push_back(std::move(path));
  }
}

bool FolderWatch::Drain() {
  bool changed = false;
  alignas(inotify_event) std::array<char, 16 * kKiB> buffer;
  for (;;) {
    const ssize_t got = read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return changed;
    for (size_t at = 0; at < static_cast<size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      changed |= Matters(event.wd, event.mask,
                         event.len == 0 ? std::string_view() : std::string_view(name));
      at += sizeof event + event.len;
    }
  }
}

bool FolderWatch::Matters(int watch, uint32_t mask, std::string_view name) const {
  const auto found = watches_.find(watch);
  // A watch that Rearm() removed reports its own end; nobody waits for it.
  if (found == watches_.end()) return (mask & IN_Q_OVERFLOW) != 0;
  if ((mask & kAlwaysMatters) != 0) return true;
  // An event of the directory itself: its owner or mode changed.
  if (name.empty()) return found->second.is_folder;
  if (found->second.components.count(std::string(name)) > 0) return true;
  return found->second.is_folder && filter_(name);
}

void FolderWatch::Rearm() {
  std::map<int, Expectation> watches;
  for (const std::string& folder : folders_) WatchFolderOrAncestor(folder, watches);
  for (const auto& [watch, expectation] : watches_) {
    if (watches.count(watch) == 0) inotify_rm_watch(inotify_.get(), watch);
  }
  watches_ = std::move(watches);
}

int FolderWatch::Watch(const std::string& path) {
  return inotify_add_watch(inotify_.get(), path.c_str(), kMask);
}

void FolderWatch::WatchParent(const std::string& folder, std::map<int, Expectation>& watches) {
  // A folder reached through a symbolic link may be replaced without an event of its own.
  const std::filesystem::path path(folder);
  const int watch = Watch(path.parent_path().string());
  if (watch >= 0 && path.has_filename()) watches[watch].components.insert(path.filename().string());
}

void FolderWatch::WatchFolderOrAncestor(const std::string& folder,
                                        std::map<int, Expectation>& watches) {
  // A component may appear between the failed look and the ancestor's watch; then the look is
  // repeated. Somebody who makes and removes it all the time only costs these few rounds: the
  // ancestor's watch stands by then.
  constexpr int kRounds = 8;
  for (int round = 0; round < kRounds; ++round) {
    std::string path = folder;
    std::string missing;
    int watch = Watch(path);
    while (watch < 0 && path.size() > 1) {
      const size_t slash = path.rfind('/');
      if (slash == std::string::npos) return;
      missing = path.substr(slash + 1);
      path.resize(slash == 0 ? 1 : slash);
      watch = Watch(path);
    }
    if (watch < 0) return;
    if (missing.empty()) {
      watches[watch].is_folder = true;
      WatchParent(folder, watches);
      return;
    }
    watches[watch].components.insert(missing);
    if (path.size() > 1) path += "/";
    path += missing;
    if (access(path.c_str(), X_OK) != 0) return;
  }
}

}  // namespace kubediag::catalog
