#include "engine/diagnosis/artifacts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::diagnosis {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr int kMaxFoldersASecond = 1000;

bool IsPodPart(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Marks the folder as in use. False: it is being removed. Best effort where the file system has no
// locks, for there nothing is removed either.
bool LockShared(int directory) {
  return flock(directory, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

// Whether `directory` is still what `path` names: it may have been taken away before it was locked.
bool IsAt(int data_root, const std::string& path, int directory) {
  const auto again = OpenAt(data_root, path, O_RDONLY | O_DIRECTORY);
  struct stat ours {};
  struct stat theirs {};
  return again.ok() && fstat(directory, &ours) == 0 && fstat(again->get(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

Result<ArtifactFolder> MakeStampFolder(int data_root, const std::string& parent,
                                       const std::string& stamp) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd parent_directory, MakeDirectoryAt(data_root, parent));
  for (int number = 1; number <= kMaxFoldersASecond; ++number) {
    const std::string name = number == 1 ? stamp : stamp + "-" + std::to_string(number);
    std::string path = parent;
    path.append("/").append(name);
    if (mkdirat(parent_directory.get(), name.c_str(), kDirectoryMode) != 0) {
      if (errno == EEXIST) continue;
      return Status::FromErrno("make directory " + path, errno);
    }
    KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory,
                              OpenAt(parent_directory.get(), name, O_RDONLY | O_DIRECTORY));
    if (!LockShared(directory.get()) || !IsAt(data_root, path, directory.get())) continue;
    return ArtifactFolder{std::move(directory), std::move(path)};
  }
  return Status::ResourceExhausted("more than " + std::to_string(kMaxFoldersASecond) +
                                   " runs in one second under " + parent);
}

}  // namespace

std::string LocalStamp(api::Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[32];
  const size_t size = std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &parts);
  return {text, size};
}

Result<ArtifactFolder> MakeArtifactFolder(int data_root, const std::string& artifact_folder,
                                          const api::DiagnosisSpec& spec, api::Time now) {
  std::string parent = artifact_folder;
  if (spec.pod_reference) {
    const api::PodReference& pod = *spec.pod_reference;
    const std::string name = pod.namespace_name + "." + pod.name + "." + pod.container;
    if (!IsPodPart(name)) {
      return Status::InvalidArgument("spec.podReference: \"" + name + "\" is no name of a Pod");
    }
    parent += "/" + name;
  }
  const std::string stamp = LocalStamp(now);
  auto folder = MakeStampFolder(data_root, parent, stamp);
  // An empty folder of a Pod may just have been removed; it is made again.
  if (folder.status().code() == StatusCode::kNotFound) {
    folder = MakeStampFolder(data_root, parent, stamp);
  }
  return folder;
}

Result<UniqueFd> ReopenArtifactFolder(int data_root, const std::string& relative_path) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd directory,
                            OpenAt(data_root, relative_path, O_RDONLY | O_DIRECTORY));
  if (!LockShared(directory.get()) || !IsAt(data_root, relative_path, directory.get())) {
    return Status::NotFound(relative_path + " is being removed");
  }
  return directory;
}

bool IsStamp(std::string_view name) {
  constexpr size_t kStampSize = 14;
  if (!IsDigits(name.substr(0, kStampSize)) || name.size() < kStampSize) return false;
  const std::string_view rest = name.substr(kStampSize);
  return rest.empty() || (rest.front() == '-' && IsDigits(rest.substr(1)));
}

bool IsPodFolder(std::string_view name) {
  return IsPodPart(name) && std::count(name.begin(), name.end(), '.') >= 2 && name.front() != '.';
}

Result<std::vector<api::Artifact>> DescribeArtifacts(
    const ArtifactFolder& folder, const std::vector<operation::ArtifactFile>& files) {
  std::vector<api::Artifact> artifacts;
  uint64_t total = 0;
  for (const operation::ArtifactFile& file : files) {
    const auto missing = [&file](const std::string& why) {
      return Status::NotFound("artifact " + file.key + ": " + why).WithReason("ArtifactMissing");
    };
    // A pipe would keep us waiting for its writer.
    auto fd = OpenAt(folder.directory.get(), file.path, O_RDONLY | O_NONBLOCK);
    if (!fd.ok()) return missing(fd.status().message());
    struct stat info {};
    if (fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode)) {
      return missing(file.path + " is not a regular file");
    }
    // It may be somebody else's, which the operation could not read, but we can.
    if (info.st_nlink != 1) return missing(file.path + " has other names (hard links)");
    total += static_cast<uint64_t>(info.st_size);
    if (total > kMaxRunArtifactBytes) {
      return Status::ResourceExhausted("artifacts of more than " +
                                       std::to_string(kMaxRunArtifactBytes) + " bytes at " +
                                       file.key)
          .WithReason("ResultLimit");
    }
    KUBEDIAG_ASSIGN_OR_RETURN(FileDigest digest, Sha256OfFile(fd->get()));
    artifacts.push_back({.key = file.key,
                         .path = folder.relative_path + "/" + file.path,
                         .size = static_cast<int64_t>(digest.size),
                         .sha256 = std::move(digest.sha256)});
  }
  return artifacts;
}

}  // namespace kubediag::diagnosis
