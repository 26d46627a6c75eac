// A Runner whose modules are text files: "module NAME [NAME ...]" describes operations, "refuse
// REASON MESSAGE" is refused, "busy" cannot be described right now. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "engine/core/file.h"
#include "engine/operation/runner.h"

namespace kubediag::catalog {

class FakeRunner final : public operation::Runner {
 public:
  Result<std::unique_ptr<operation::OperationRun>> Prepare(const std::string&) override {
    return Status::Unimplemented("the catalog prepares no run");
  }

  Result<operation::ModuleDescriptor> Describe(const std::string& module_path) override {
    {
      std::unique_lock lock(mutex_);
      ++described_;
      waiting_ = closed_;
      gate_.notify_all();
      gate_.wait(lock, [this] { return !closed_; });
      waiting_ = false;
    }
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string text, ReadFile(module_path, 1 << 20));
    std::istringstream words(text);
    std::string verb;
    std::string word;
    words >> verb;
    if (verb == "busy") return Status::Unavailable("no process to be had");
    if (verb == "refuse") {
      words >> word;
      std::string message;
      std::getline(words >> std::ws, message);
      return Status(StatusCode::kFailedPrecondition, word, message);
    }
    operation::ModuleDescriptor module;
    module.abi_major = 1;
    while (words >> word) {
      operation::OperationDescriptor operation;
      operation.name = word;
      operation.version = "1.0";
      operation.artifact_folder = "artifacts/" + word;
      module.operations.push_back(std::move(operation));
    }
    return module;
  }

  int described() {
    std::lock_guard lock(mutex_);
    return described_;
  }

  // Between CloseGate() and OpenGate() every Describe() waits.
  void CloseGate() {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void OpenGate() {
    std::lock_guard lock(mutex_);
    closed_ = false;
    gate_.notify_all();
  }
  void AwaitDescribeAtGate() {
    std::unique_lock lock(mutex_);
    gate_.wait(lock, [this] { return waiting_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable gate_;
  int described_ = 0;
  bool closed_ = false;
  bool waiting_ = false;
};

}  // namespace kubediag::catalog
