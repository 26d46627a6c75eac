#include "engine/cli/metrics_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <stop_token>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"

namespace kubediag::cli {

Status CheckMetricsFile(const std::string& path) {
  const auto refuse = [&path](const char* what) {
    return Status::InvalidArgument("\"" + path + "\" is " + what);
  };
  struct stat info {};
  if (std::filesystem::path(path).filename().empty()) return refuse("not the name of a file");
  // What cannot be looked at is not there, or cannot be written either.
  if (lstat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return Status::Ok();
  if (S_ISDIR(info.st_mode)) return refuse("a folder, not the name of a file");
  if (S_ISLNK(info.st_mode)) return refuse("a symbolic link; name the file itself");
  return refuse("a device, pipe or socket, which a file cannot take the place of");
}

MetricsFile::MetricsFile(std::string path, std::function<std::string()> text)
    : path_(std::move(path)), text_(std::move(text)) {}

MetricsFile::~MetricsFile() = default;

Status MetricsFile::Write() {
  const std::lock_guard lock(mutex_);
  KUBEDIAG_RETURN_IF_ERROR(CheckMetricsFile(path_));
  const std::filesystem::path path(path_);
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const Result<UniqueFd> fd = OpenDirectory(folder);
  if (!fd.ok()) return fd.status().Annotate("metrics file " + path_);
  // Another user's collector reads the file, so its mode is the umask's.
  constexpr mode_t kAsTheUmaskSays = 0666;
  return ReplaceFileAt(fd->get(), path.filename().string(), text_(), kAsTheUmaskSays)
      .Annotate("metrics file " + path_);
}

void MetricsFile::KeepFresh(std::chrono::milliseconds interval,
                            std::function<void(const Status&)> failed) {
  thread_ = std::jthread([this, interval, failed = std::move(failed)](const std::stop_token& stop) {
    std::mutex asleep;
    std::unique_lock lock(asleep);
    bool well = true;
    for (;;) {
      never_.wait_for(lock, stop, interval, [] { return false; });
      if (stop.stop_requested()) return;
      const Status status = Write();
      if (!status.ok() && well) failed(status);
      well = status.ok();
    }
  });
}

}  // namespace kubediag::cli
