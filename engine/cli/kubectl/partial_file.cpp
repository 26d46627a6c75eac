#include "engine/cli/kubectl/partial_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"

namespace kubediag::cli {
namespace {

constexpr mode_t kUsualMode = 0666;  // narrowed by the umask
constexpr size_t kRandomBytes = 8;

// Where the file is that a link leads to: that one is replaced, not the link.
Result<std::filesystem::path> Target(const std::string& path) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind == std::filesystem::file_type::not_found) return std::filesystem::path(path);
  if (kind != std::filesystem::file_type::regular) {
    return Status::FailedPrecondition(path + " is there and no regular file");
  }
  std::filesystem::path target = std::filesystem::canonical(path, error);
  if (error) return Status::FromErrno(path, error.value());
  return target;
}

}  // namespace

Result<PartialFile> PartialFile::Create(const std::string& path) {
  if (path == "-") {
    UniqueFd memory(memfd_create("kubediag", MFD_CLOEXEC));
    if (!memory.valid()) return Status::FromErrno("make room for the file", errno);
    return PartialFile("", "", std::move(memory));
  }
  KUBEDIAG_ASSIGN_OR_RETURN(const std::filesystem::path target, Target(path));
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  std::string hidden =
      (folder / ("." + target.filename().string() + "." + RandomHex(kRandomBytes))).string();
  UniqueFd file(open(hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kUsualMode));
  if (!file.valid()) return Status::FromErrno(path, errno);
  return PartialFile(target.string(), std::move(hidden), std::move(file));
}

PartialFile::PartialFile(std::string path, std::string hidden, UniqueFd file)
    : path_(std::move(path)), hidden_(std::move(hidden)), file_(std::move(file)) {}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::move(other.path_)),
      hidden_(std::exchange(other.hidden_, {})),
      file_(std::move(other.file_)) {}

PartialFile::~PartialFile() {
  if (!hidden_.empty()) unlink(hidden_.c_str());
}

Status PartialFile::Write(std::string_view bytes) { return WriteAll(file_.get(), bytes); }

Result<std::string> PartialFile::Sha256() const {
  if (lseek(file_.get(), 0, SEEK_SET) < 0) return Status::FromErrno("read it again", errno);
  KUBEDIAG_ASSIGN_OR_RETURN(const FileDigest digest, Sha256OfFile(file_.get()));
  return digest.sha256;
}

Status PartialFile::Commit() {
  if (!path_.empty()) {
    if (fsync(file_.get()) != 0 || rename(hidden_.c_str(), path_.c_str()) != 0) {
      return Status::FromErrno(path_, errno);
    }
    hidden_.clear();
    return Status::Ok();
  }
  std::array<char, 64 * kKiB> piece;
  off_t done = 0;
  for (;;) {
    const ssize_t got = pread(file_.get(), piece.data(), piece.size(), done);
    if (got < 0) return Status::FromErrno("standard output", errno);
    if (got == 0) return Status::Ok();
    KUBEDIAG_RETURN_IF_ERROR(WriteAll(STDOUT_FILENO, {piece.data(), static_cast<size_t>(got)})
                                 .Annotate("standard output"));
    done += got;
  }
}

}  // namespace kubediag::cli
