// The executor on fakes: a data root of its own, a store in memory, operations as lambdas.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/conditions.h"
#include "engine/core/logging.h"
#include "engine/diagnosis/executor.h"
#include "engine/store/file_store.h"
#include "test/engine/diagnosis/fakes.h"

namespace kubediag::diagnosis {

// Says what it was told.
class RecordingObserver : public Observer {
 public:
  void OnRunning(const api::Diagnosis& diagnosis, bool was_resumed) override;
  void OnOperationStarted(const OperationProgress& progress) override;
  void OnOperationFinished(const OperationProgress& progress) override;
  void OnWarning(const std::string& message) override;

  std::vector<std::string> lines;  // "start 1 a", "end 1 a Failed Reason text"
  std::vector<std::string> warnings;
  bool resumed = false;
  std::function<void(const OperationProgress&)> on_started;
};

// A FileStore whose writes a test can look at, or have fail.
class HookedStore : public store::FileStore {
 public:
  using FileStore::FileStore;
  Status WriteStatus(api::Diagnosis& diagnosis) override;
  Result<api::Diagnosis> GetDiagnosis(const std::string& namespace_name,
                                      const std::string& name) override;
  Result<api::OperationSet> GetOperationSet(const std::string& name) override;
  Result<api::Secret> GetSecret(const std::string& namespace_name,
                                const std::string& name) override;

  std::function<Status(const api::Diagnosis&)> before_write;  // not ok: the write fails so
  Status set_status;                                          // not ok: reading a set fails so
  std::function<Status()> before_read;                        // likewise of a Diagnosis
  std::function<Status()> before_secret;                      // not ok: reading one fails so
  std::vector<api::Diagnosis> written;

 private:
  std::mutex written_mutex_;
};

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest();
  ~ExecutorTest() override;

  // An operation of a module, with its body.
  operation::OperationDescriptor Module(const std::string& name);
  void Add(const operation::OperationDescriptor& descriptor, Body body);
  void Add(const std::string& name, Body body, bool repeatable = false);
  // Node i runs names[i - 1]; edges as in the adjacency list.
  void AddSet(std::vector<std::vector<int64_t>> to, const std::vector<std::string>& names,
              api::Strategy strategy = api::Strategy::kFirstPath);
  api::Diagnosis AddDiagnosis(api::StringMap parameters = {},
                              const std::function<void(api::Diagnosis&)>& change = {});

  Executor& executor();
  // Another process: nothing of the former executor is left but the data root.
  void Restart();
  Result<api::Diagnosis> TryRun();
  api::Diagnosis Run();  // must end
  api::Diagnosis Stored();

  std::string Path(const std::string& relative) const { return options.data_root + "/" + relative; }
  std::string RunPath(const std::string& relative);

  FakeRunner runner;
  FakeCatalog catalog;
  std::vector<std::string> events;  // "Normal Reason: message"
  HookedStore store;
  ExecutorOptions options;
  std::unique_ptr<Logger> logger = MakeNullLogger();
  RecordingObserver observer;
  std::optional<Cancellation> cancellation{std::in_place};

 private:
  std::mutex events_mutex_;
  std::unique_ptr<Executor> executor_;
};

// "1 a Succeeded", "2 b Failed Reason": one line an outcome.
std::vector<std::string> Outcomes(const api::DiagnosisStatus& status);
// "1 2": positions of a path.
std::string Positions(const api::Path& path);
std::vector<std::string> Positions(const std::vector<api::Path>& paths);
const api::Condition& ConditionOf(const api::Diagnosis& diagnosis, const std::string& type);

}  // namespace kubediag::diagnosis
