// LentFolder: a run's artifact folder, in the hands of the operation user while the run lives.
//
// Only this folder changes hands, by descriptor: those above it keep others out, so that nothing in
// it can be reached by path. What the run leaves in it stays the user's, for a page that is served
// again later needs it; without the folder nobody but us gets at it.
// Not thread-safe. Owns a duplicate of the folder's descriptor.
#pragma once

#include <utility>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/host/process_runner.h"

namespace kubediag::host {

class LentFolder {
 public:
  // Gives `directory` (borrowed) to `user`; PermissionDenied and others if it cannot be given.
  static Result<LentFolder> Lend(int directory, const OperationUser& user);

  LentFolder() = default;
  LentFolder(LentFolder&&) = default;
  LentFolder& operator=(LentFolder&&) = delete;
  LentFolder(const LentFolder&) = delete;
  LentFolder& operator=(const LentFolder&) = delete;
  ~LentFolder() { TakeBack(); }

  // Ours again, mode 0700, whatever its user has made of it. Once; best effort, for a folder that
  // has been removed meanwhile needs none of it.
  void TakeBack();

 private:
  explicit LentFolder(UniqueFd directory) : directory_(std::move(directory)) {}
  UniqueFd directory_;
};

}  // namespace kubediag::host
