#include "plugins/go_profiler/operation/download.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "plugins/exchange/job_child.h"
#include "plugins/fetch/client.h"
#include "plugins/go_profiler/operation/keys.h"
#include "plugins/go_profiler/operation/limits.h"
#include "plugins/go_profiler/profile/decode.h"

namespace kubediag::go_profiler {
namespace {

// A file under a temporary name that goes away unless it is kept.
class TemporaryFile {
 public:
  static Result<TemporaryFile> Make(int directory_fd) {
    const std::string name = ".download." + RandomHex(8);
    KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenAt(directory_fd, name, O_RDWR | O_CREAT | O_EXCL));
    return TemporaryFile(directory_fd, name, std::move(fd));
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : directory_fd_(other.directory_fd_),
        name_(std::exchange(other.name_, "")),
        fd_(std::move(other.fd_)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) unlinkat(directory_fd_, name_.c_str(), 0);
  }

  int fd() const { return fd_.get(); }

  // Complete on disk before it has its name, and named before anybody is told of it.
  Status KeepAs(const std::string& name) {
    if (fsync(fd_.get()) != 0) return Status::FromErrno("fsync " + name, errno);
    if (renameat(directory_fd_, name_.c_str(), directory_fd_, name.c_str()) != 0) {
      return Status::FromErrno("rename to " + name, errno);
    }
    name_.clear();
    if (fsync(directory_fd_) != 0) return Status::FromErrno("fsync the folder of " + name, errno);
    return Status::Ok();
  }

 private:
  TemporaryFile(int directory_fd, std::string name, UniqueFd fd)
      : directory_fd_(directory_fd), name_(std::move(name)), fd_(std::move(fd)) {}

  int directory_fd_;
  std::string name_;
  UniqueFd fd_;
};

std::string TrimmedToken(std::string_view token) {
  // A Secret made by hand often ends in the line end of the file it was made from.
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) {
    token.remove_suffix(1);
  }
  return std::string(token);
}

fetch::Request MakeRequest(const Job& job, const Target& target) {
  fetch::Request request;
  request.url = target.Url();
  if (target.https) {
    request.ca_pem = job.Secret(kSecretNameKey, kCaDataKey).value_or("");
    request.bearer_token = TrimmedToken(job.Secret(kSecretNameKey, kTokenDataKey).value_or(""));
  }
  for (const std::string_view cidr : job.policy().List(kPolicyAllowSourceCidr)) {
    request.allowed_cidrs.emplace_back(cidr);
  }
  request.max_body_bytes = kMaxProfileBytes;
  const std::chrono::seconds recording = target.seconds.value_or(std::chrono::seconds(0));
  request.total_timeout = recording + kDownloadTimeout;
  request.stall_timeout = recording + kStallTimeout;
  return request;
}

Status Worded(const Status& status, const Target& target) {
  Status annotated = status.Annotate("download of " + target.Url());
  if (status.reason() != "NotFound") return annotated;
  return {status.code(), kReasonProfilingDisabled,
          annotated.message() + "; " + std::string(target.type->hint_404)};
}

Status Explained(const Status& status) {
  if (status.code() == StatusCode::kResourceExhausted) return status.WithReason("TooLarge");
  return status.WithReason(kReasonNotAProfile);
}

// Fills in everything but the names.
Result<SavedProfile> Decode(int fd) {
  if (lseek(fd, 0, SEEK_SET) != 0) return Status::FromErrno("rewind the profile", errno);
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(fd, "the profile", kMaxProfileBytes));
  auto parsed = profile::Parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  if (!parsed.ok()) return Explained(parsed.status());
  if (parsed->SampleTypes().empty()) {
    return Explained(Status::InvalidArgument("not a profile with anything in it: no sample type"));
  }
  SavedProfile saved;
  saved.size = bytes.size();
  saved.sha256 = Sha256Hex(bytes);
  saved.profile = std::make_shared<const profile::Profile>(*std::move(parsed));
  return saved;
}

}  // namespace

Result<SavedProfile> Download(const Job& job, const Target& target) {
  KUBEDIAG_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Make(job.artifact_directory()));
  const auto response =
      fetch::Fetch(MakeRequest(job, target), {.libexec_directory = job.libexec_directory(),
                                              .output_fd = file.fd(),
                                              .cancel_fd = job.cancel_descriptor(),
                                              .deadline = exchange::DeadlineOf(job)});
  if (!response.ok()) return Worded(response.status(), target);
  auto saved = Decode(file.fd());
  if (!saved.ok()) return saved.status().Annotate(target.Url());
  saved->file_name = target.FileName();
  KUBEDIAG_RETURN_IF_ERROR(file.KeepAs(saved->file_name));
  KUBEDIAG_ASSIGN_OR_RETURN(saved->file,
                            OpenAt(job.artifact_directory(), saved->file_name, O_RDONLY));
  return saved;
}

Result<SavedProfile> OpenSaved(int directory_fd, const std::string& file_name) {
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd file, OpenAt(directory_fd, file_name, O_RDONLY));
  auto saved = Decode(file.get());
  if (!saved.ok()) return saved.status().Annotate(file_name);
  saved->file_name = file_name;
  saved->file = std::move(file);
  return saved;
}

}  // namespace kubediag::go_profiler
