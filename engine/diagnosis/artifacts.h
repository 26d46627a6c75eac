// Artifacts: the folder an operation's run may write to, and the files it leaves there.
//
// Functions are thread-safe. Paths are resolved beneath the data root, whatever a module says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/operation/runner.h"

namespace kubediag::diagnosis {

struct ArtifactFolder {
  UniqueFd directory;         // locked (shared) as long as it or a duplicate of it is open: in use
  std::string relative_path;  // under the data root
};

// A new folder <artifact_folder>/[<podNs>.<podName>.<container>/]<yyyyMMddHHmmss>[-N], in local
// time, as KubeDiag 0.2 names them.
Result<ArtifactFolder> MakeArtifactFolder(int data_root, const std::string& artifact_folder,
                                          const api::DiagnosisSpec& spec, api::Time now);

// Size and digest of each file an operation named. NotFound "ArtifactMissing" if one is no regular
// file in the folder, or has names elsewhere too; ResourceExhausted "ResultLimit" if they are more
// than kMaxRunArtifactBytes in all, for their digests would keep the engine for as long as the
// operation likes.
Result<std::vector<api::Artifact>> DescribeArtifacts(
    const ArtifactFolder& folder, const std::vector<operation::ArtifactFile>& files);

// Opens a folder made earlier, so that it counts as in use again.
Result<UniqueFd> ReopenArtifactFolder(int data_root, const std::string& relative_path);

// "20261123122127", in local time.
std::string LocalStamp(api::Time time);
// Whether that, or that with a number ("20261123122127-2"), is `name`.
bool IsStamp(std::string_view name);
// Whether `name` is "<podNs>.<podName>.<container>".
bool IsPodFolder(std::string_view name);

}  // namespace kubediag::diagnosis
