#include "engine/cli/metrics_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stop_token>
#include <utility>

#include "engine/core/file.h"
#include "engine/core/unique_fd.h"

namespace kubediag::cli {

Status CheckMetricsFile(const std::string& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  if (!std::filesystem::path(path).filename().empty() && !is_folder) return Status::Ok();
  return Status::InvalidArgument("\"" + path + "\" is not the name of a file");
}

MetricsFile::MetricsFile(std::string path, std::function<std::string()> text)
    : path_(std::move(path)), text_(std::move(text)) {}

MetricsFile::~MetricsFile() = default;

Status MetricsFile::Write() {
  const std::lock_guard lock(mutex_);
  // Another user's collector reads the file, so its mode is the umask's; and the collector must not
  // take the half of it for a file, so the name does not end in .prom.
  const std::string half = path_ + ".new";
  const UniqueFd fd(
      open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!fd.valid()) return Status::FromErrno("metrics file " + half, errno);
  Status status = WriteAll(fd.get(), text_());
  if (status.ok() && std::rename(half.c_str(), path_.c_str()) != 0) {
    status = Status::FromErrno("metrics file " + path_, errno);
  }
  if (!status.ok()) unlink(half.c_str());
  return status;
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
