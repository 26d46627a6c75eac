// Runners under test, and what their runs need.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/file.h"
#include "engine/core/logging.h"
#include "engine/host/process_runner.h"
#include "engine/operation/in_process_runner.h"

namespace kubediag::host {

inline std::string TestModule(const std::string& name) {
  return std::string(KUBEDIAG_BINARY_DIR) + "/test/modules/" + name + ".so";
}

inline std::string HostProgram() {
  return std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag/kubediag-operation-host";
}

// For operations of a user who is neither ours nor in a group of ours.
inline constexpr OperationUser kNobody{65534, 65533};

// Keeps what is logged.
class RecordingLogger final : public Logger {
 public:
  void Log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> /*fields*/) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(level, std::string(message));
  }
  std::vector<std::pair<LogLevel, std::string>> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

inline std::unique_ptr<operation::Runner> MakeInProcessRunner(Logger& logger) {
  return std::make_unique<operation::InProcessRunner>(logger);
}

inline std::unique_ptr<operation::Runner> MakeProcessRunner(Logger& logger) {
  ProcessRunnerOptions options;
  options.host_program = HostProgram();
  auto runner = ProcessRunner::Create(std::move(options), logger);
  EXPECT_TRUE(runner.ok()) << runner.status().ToString();
  return *std::move(runner);
}

// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "kubediag-XXXXXX").string();
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    path_ = path;
    fd_ = OpenDirectory(path).value();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace kubediag::host
