#include "engine/catalog/module_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "engine/catalog/open_for_writing.h"
#include "engine/core/limits.h"

namespace kubediag::catalog {
namespace {

Status Refuse(std::string reason, std::string message) {
  return {StatusCode::kFailedPrecondition, std::move(reason), std::move(message)};
}

std::string OctalMode(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", mode & 07777U);
  return text;
}

// Ok, or why what `info` describes must not be trusted.
Status CheckTrust(const struct stat& info, const std::string& reason) {
  const uid_t self = geteuid();
  if (info.st_uid != 0 && info.st_uid != self) {
    return Refuse(reason, "belongs to user " + std::to_string(info.st_uid) +
                              "; it must belong to root or to the running user (" +
                              std::to_string(self) + ")");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    const bool others = (info.st_mode & S_IWOTH) != 0;
    return Refuse(reason, std::string("is writable by ") + (others ? "everybody" : "its group") +
                              " (mode " + OctalMode(info.st_mode) +
                              "); take that away: chmod go-w");
  }
  return Status::Ok();
}

int64_t Nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

bool IsModuleName(std::string_view name) {
  return name.size() > 3 && name.front() != '.' && name.ends_with(".so");
}

Result<UniqueFd> OpenOperationsFolder(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    const Status status = Status::FromErrno("open directory", errno);
    return status.code() == StatusCode::kNotFound ? status : status.WithReason("FolderUnreadable");
  }
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) {
    return Status::FromErrno("stat", errno).WithReason("FolderUnreadable");
  }
  KUBEDIAG_RETURN_IF_ERROR(CheckTrust(info, "FolderNotTrusted"));
  return fd;
}

Result<std::vector<std::string>> ListModules(const UniqueFd& folder, const std::string& path) {
  // Opened anew, because reading a directory moves the position of its descriptor.
  const int listing = openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) return Status::FromErrno("open directory " + path, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(listing), closedir);
  if (stream == nullptr) {
    close(listing);
    return Status::FromErrno("read directory " + path, errno);
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream.get())) {
    if (!IsModuleName(entry->d_name)) continue;
    if (names.size() == kMaxModules) {
      return Status::ResourceExhausted("holds more than " + std::to_string(kMaxModules) +
                                       " modules");
    }
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<ModuleFile> OpenModuleFile(const UniqueFd& folder, const std::string& name) {
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  UniqueFd fd(openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ELOOP) {
      return Refuse("SymbolicLink", "is a symbolic link; put the module itself here");
    }
    if (errno == ENXIO) return Refuse("NotRegularFile", "is not a regular file");
    const Status status = Status::FromErrno("open", errno);
    return status.code() == StatusCode::kNotFound ? status : status.WithReason("FileUnreadable");
  }
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) {
    return Status::FromErrno("stat", errno).WithReason("FileUnreadable");
  }
  if (!S_ISREG(info.st_mode)) return Refuse("NotRegularFile", "is not a regular file");
  KUBEDIAG_RETURN_IF_ERROR(CheckTrust(info, "FileNotTrusted"));
  if (IsOpenForWriting(fd.get())) {
    return Refuse("BeingWritten", "is still open for writing; it is read once that has ended");
  }
  if (info.st_size == 0) return Refuse("FileEmpty", "is empty");
  if (static_cast<size_t>(info.st_size) > kMaxModuleBytes) {
    return Refuse("FileTooLarge", "has " + std::to_string(info.st_size) +
                                      " bytes; a module may have " +
                                      std::to_string(kMaxModuleBytes));
  }
  return ModuleFile{std::move(fd),
                    {info.st_dev, info.st_ino, info.st_size, Nanoseconds(info.st_mtim),
                     Nanoseconds(info.st_ctim)}};
}

}  // namespace kubediag::catalog
