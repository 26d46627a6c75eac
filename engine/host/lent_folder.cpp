#include "engine/host/lent_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace kubediag::host {
namespace {

constexpr mode_t kFolderMode = 0700;

}  // namespace

Result<LentFolder> LentFolder::Lend(int directory, const OperationUser& user) {
  UniqueFd ours(fcntl(directory, F_DUPFD_CLOEXEC, 0));
  if (!ours.valid()) return Status::FromErrno("duplicate the artifact folder", errno);
  if (fchown(ours.get(), user.uid, user.gid) != 0) {
    return Status::FromErrno(
        "give the artifact folder to operation user " + std::to_string(user.uid), errno);
  }
  return LentFolder(std::move(ours));
}

void LentFolder::TakeBack() {
  if (!directory_.valid()) return;
  // The owner first: until then its user may change the mode again.
  [[maybe_unused]] const int owned = fchown(directory_.get(), geteuid(), getegid());
  [[maybe_unused]] const int closed = fchmod(directory_.get(), kFolderMode);
  directory_.Reset();
}

}  // namespace kubediag::host
