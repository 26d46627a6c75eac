#include "engine/diagnosis/left_folders.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/tree_entries.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

void TakeBack(int parent, const std::string& path, const std::string& name, Logger& logger) {
  struct stat info {};
  if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISDIR(info.st_mode) || info.st_uid == geteuid()) return;
  const auto folder = OpenAt(parent, name, kOpenFolder);
  Status status = folder.status();
  if (status.ok()) {
    // Whoever uses it has it locked.
    if (flock(folder->get(), LOCK_EX | LOCK_NB) != 0) return;
    status = TakeDirectory(folder->get());
  }
  if (status.ok()) {
    logger.Info("a folder that a killed engine had lent is taken back", {{"path", path}});
  } else {
    logger.Warning("a folder that a killed engine had lent cannot be taken back",
                   {{"path", path}, {"error", status.message()}});
  }
}

void TakeBackIn(int directory, const std::string& path, bool look_into_pods, Logger& logger) {
  size_t seen = 0;
  (void)ForEachName(directory, [&](const std::string& name) {
    const std::string inner = path + "/" + name;
    if (IsStamp(name)) {
      TakeBack(directory, inner, name, logger);
    } else if (look_into_pods && IsPodFolder(name)) {
      const auto pod = OpenAt(directory, name, kOpenFolder);
      if (pod.ok()) TakeBackIn(pod->get(), inner, /*look_into_pods=*/false, logger);
    }
    return ++seen < kMaxSweptEntries;
  });
}

}  // namespace

void TakeBackLeftFolders(int data_root, const std::vector<std::string>& artifact_folders,
                         Logger& logger) {
  // In another user's data root, what is not ours need not be lent: root may run on it too.
  struct stat root {};
  if (fstat(data_root, &root) != 0 || root.st_uid != geteuid()) return;
  for (const std::string& path : artifact_folders) {
    const auto folder = OpenAt(data_root, path, kOpenFolder);
    if (folder.ok()) TakeBackIn(folder->get(), path, /*look_into_pods=*/true, logger);
  }
}

}  // namespace kubediag::diagnosis
