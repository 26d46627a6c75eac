#include "engine/diagnosis/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/diagnosis/tree_entries.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr size_t kGoneNameBytes = 8;

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
    if (!opened.ok() && OpenUp(top_, folder)) opened = OpenWithin(top_, folder, kOpenFolder);
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
