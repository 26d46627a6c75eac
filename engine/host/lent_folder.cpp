#include "engine/host/lent_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "engine/core/file.h"

namespace kubediag::host {

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
  [[maybe_unused]] const Status taken = TakeDirectory(directory_.get());
  directory_.Reset();
}

}  // namespace kubediag::host
