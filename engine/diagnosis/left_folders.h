// Folders of artifacts that an engine which was killed has left in the hands of the operation user
// (engine/host/lent_folder.h): the next one takes them back.
#pragma once

#include <string>
#include <vector>

#include "engine/core/logging.h"

namespace kubediag::diagnosis {

// Looks at the run's folders beneath each of `artifact_folders` (relative to the data root). One
// that is not ours, and that no run or page has locked, becomes ours, mode 0700: what is in it is
// out of reach and keeps its owner. No link is followed, and a data root that is another user's is
// left as it is. Best effort; what fails is logged.
void TakeBackLeftFolders(int data_root, const std::vector<std::string>& artifact_folders,
                         Logger& logger);

}  // namespace kubediag::diagnosis
