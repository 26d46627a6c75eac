#include "test/engine/diagnosis/fixture.h"

#include <kubediag/abi.h>
#include <stdlib.h>

#include <filesystem>

namespace kubediag::diagnosis {

void RecordingObserver::OnRunning(const api::Diagnosis&, bool was_resumed) {
  resumed = was_resumed;
}
void RecordingObserver::OnOperationStarted(const OperationProgress& progress) {
  lines.push_back("start " + std::to_string(progress.id) + " " + progress.operation);
  if (on_started) on_started(progress);
}
void RecordingObserver::OnOperationFinished(const OperationProgress& progress) {
  std::string line =
      "end " + std::to_string(progress.id) + " " + progress.operation + " " + progress.phase;
  if (!progress.reason.empty()) line += " " + progress.reason;
  if (!progress.text.empty()) line += " " + progress.text;
  lines.push_back(line);
}
void RecordingObserver::OnWarning(const std::string& message) { warnings.push_back(message); }

Status HookedStore::WriteStatus(api::Diagnosis& diagnosis) {
  if (before_write) KUBEDIAG_RETURN_IF_ERROR(before_write(diagnosis));
  KUBEDIAG_RETURN_IF_ERROR(FileStore::WriteStatus(diagnosis));
  const std::lock_guard lock(written_mutex_);
  written.push_back(diagnosis);
  return Status::Ok();
}

Result<api::Diagnosis> HookedStore::GetDiagnosis(const std::string& namespace_name,
                                                 const std::string& name) {
  if (before_read) KUBEDIAG_RETURN_IF_ERROR(before_read());
  return FileStore::GetDiagnosis(namespace_name, name);
}

Result<api::OperationSet> HookedStore::GetOperationSet(const std::string& name) {
  if (!set_status.ok()) return set_status;
  return FileStore::GetOperationSet(name);
}

Result<api::Secret> HookedStore::GetSecret(const std::string& namespace_name,
                                           const std::string& name) {
  if (before_secret) KUBEDIAG_RETURN_IF_ERROR(before_secret());
  return FileStore::GetSecret(namespace_name, name);
}

ExecutorTest::ExecutorTest()
    : store([this](const api::Diagnosis&, const store::Event& event) {
        const std::lock_guard lock(events_mutex_);
        const bool normal = event.type == store::EventType::kNormal;
        events.push_back((normal ? "Normal " : "Warning ") + event.reason + ": " + event.message);
      }) {
  std::string pattern = testing::TempDir() + "kubediag-executor-XXXXXX";
  options.data_root = mkdtemp(pattern.data());
  options.node_name = "node-1";
  options.instance = "instance-1";
  options.first_viewer_port = 0;
  options.last_viewer_port = 0;
}

ExecutorTest::~ExecutorTest() {
  executor_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(options.data_root, ignored);
}

operation::OperationDescriptor ExecutorTest::Module(const std::string& name) {
  operation::OperationDescriptor descriptor;
  descriptor.name = name;
  descriptor.version = "1.0";
  return descriptor;
}

void ExecutorTest::Add(const operation::OperationDescriptor& descriptor, Body body) {
  runner.Register(descriptor.name, std::move(body));
  catalog.Add(descriptor);
}

void ExecutorTest::Add(const std::string& name, Body body, bool repeatable) {
  operation::OperationDescriptor descriptor = Module(name);
  if (repeatable) descriptor.optional_features |= KUBEDIAG_FEATURE_REPEATABLE;
  Add(descriptor, std::move(body));
}

void ExecutorTest::AddSet(std::vector<std::vector<int64_t>> to,
                          const std::vector<std::string>& names, api::Strategy strategy) {
  api::OperationSet set;
  set.metadata.name = "set";
  set.strategy = strategy;
  for (size_t i = 0; i < to.size(); ++i) {
    api::Node node;
    node.id = static_cast<int64_t>(i);
    node.to = std::move(to[i]);
    if (i > 0) node.operation = names[i - 1];
    set.adjacency_list.push_back(std::move(node));
  }
  store.Put(std::move(set));
}

api::Diagnosis ExecutorTest::AddDiagnosis(api::StringMap parameters,
                                          const std::function<void(api::Diagnosis&)>& change) {
  api::Diagnosis diagnosis;
  diagnosis.metadata.name = "diagnosis";
  diagnosis.spec.operation_set = "set";
  diagnosis.spec.node_name = "node-1";
  diagnosis.spec.parameters = std::move(parameters);
  if (change) change(diagnosis);
  store.Put(std::move(diagnosis));
  return Stored();
}

Executor& ExecutorTest::executor() {
  if (!executor_) {
    executor_ = std::make_unique<Executor>(store, catalog, runner, options, *logger);
  }
  return *executor_;
}

void ExecutorTest::Restart() {
  executor_.reset();
  cancellation.emplace();
}

Result<api::Diagnosis> ExecutorTest::TryRun() {
  return executor().Run(Stored(), *cancellation, observer);
}

api::Diagnosis ExecutorTest::Run() {
  auto finished = TryRun();
  EXPECT_TRUE(finished.ok()) << finished.status().ToString();
  return finished.ok() ? *finished : api::Diagnosis();
}

api::Diagnosis ExecutorTest::Stored() {
  auto stored = store.ListDiagnoses();
  return stored.ok() && !stored->empty() ? stored->front() : api::Diagnosis();
}

std::string ExecutorTest::RunPath(const std::string& relative) {
  return Path("runs/" + Stored().metadata.uid + "/" + relative);
}

std::vector<std::string> Outcomes(const api::DiagnosisStatus& status) {
  std::vector<std::string> lines;
  for (const api::OperationOutcome& outcome : status.operations) {
    lines.push_back(std::to_string(outcome.id) + " " + outcome.operation + " " + outcome.phase +
                    (outcome.reason.empty() ? "" : " " + outcome.reason));
  }
  return lines;
}

std::string Positions(const api::Path& path) {
  std::string text;
  for (const api::Node& node : path) {
    if (!text.empty()) text += " ";
    text += std::to_string(node.id.value_or(-1));
  }
  return text;
}

std::vector<std::string> Positions(const std::vector<api::Path>& paths) {
  std::vector<std::string> lines;
  lines.reserve(paths.size());
  for (const api::Path& path : paths) lines.push_back(Positions(path));
  return lines;
}

const api::Condition& ConditionOf(const api::Diagnosis& diagnosis, const std::string& type) {
  static const api::Condition* const none = new api::Condition();
  const api::Condition* found = api::FindCondition(diagnosis.status.conditions, type);
  return found == nullptr ? *none : *found;
}

}  // namespace kubediag::diagnosis
