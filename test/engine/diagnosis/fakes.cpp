#include "test/engine/diagnosis/fakes.h"

#include <algorithm>

#include "engine/core/nearest_names.h"

namespace kubediag::diagnosis {

class FakeRunner::Run : public operation::OperationRun {
 public:
  explicit Run(FakeRunner& runner) : runner_(runner) {
    const std::lock_guard lock(runner_.mutex_);
    ++runner_.live_;
    ++runner_.prepared_;
  }
  ~Run() override {
    Run::Stop();
    const std::lock_guard lock(runner_.mutex_);
    --runner_.live_;
  }

  Status Start(operation::Job job) override {
    const std::lock_guard lock(runner_.mutex_);
    job_ = std::move(job);
    runner_.jobs_[job_.operation].push_back(job_);
    exits_seen_ = runner_.exits_[job_.operation];
    return Status::Ok();
  }

  operation::RunOutcome Wait(std::stop_token stop) override {
    Body body;
    {
      const std::lock_guard lock(runner_.mutex_);
      runner_.most_at_once_ = std::max(runner_.most_at_once_, ++runner_.at_once_);
      body = runner_.bodies_.at(job_.operation);
    }
    operation::RunOutcome outcome = body(job_, stop);
    const std::lock_guard lock(runner_.mutex_);
    --runner_.at_once_;
    return outcome;
  }

  bool WaitServing(Deadline until, std::stop_token stop) override {
    std::unique_lock lock(runner_.mutex_);
    return runner_.changed_.wait_until(lock, std::move(stop), until.time(), [this] {
      return stopped_ || runner_.exits_[job_.operation] > exits_seen_;
    });
  }

  void Stop() override {
    const std::lock_guard lock(runner_.mutex_);
    stopped_ = true;
    runner_.changed_.notify_all();
  }

 private:
  FakeRunner& runner_;
  operation::Job job_;
  size_t exits_seen_ = 0;
  bool stopped_ = false;
};

void FakeRunner::Register(const std::string& operation, Body body) {
  const std::lock_guard lock(mutex_);
  bodies_.insert_or_assign(operation, std::move(body));
}

void FakeRunner::Exit(const std::string& operation) {
  const std::lock_guard lock(mutex_);
  ++exits_[operation];
  changed_.notify_all();
}

size_t FakeRunner::Runs(const std::string& operation) const { return Jobs(operation).size(); }

size_t FakeRunner::Restores(const std::string& operation) const {
  const auto jobs = Jobs(operation);
  return static_cast<size_t>(
      std::count_if(jobs.begin(), jobs.end(), [](const auto& job) { return job.restore; }));
}

std::vector<operation::Job> FakeRunner::Jobs(const std::string& operation) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(operation);
  return found == jobs_.end() ? std::vector<operation::Job>() : found->second;
}

size_t FakeRunner::MostAtOnce() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}
size_t FakeRunner::Live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}
size_t FakeRunner::Prepared() const {
  const std::lock_guard lock(mutex_);
  return prepared_;
}

std::string FakeRunner::LastPrepared() const {
  const std::lock_guard lock(mutex_);
  return last_prepared_;
}

Result<std::unique_ptr<operation::OperationRun>> FakeRunner::Prepare(
    const std::string& module_path) {
  {
    const std::lock_guard lock(mutex_);
    last_prepared_ = module_path;
  }
  return std::unique_ptr<operation::OperationRun>(std::make_unique<Run>(*this));
}

Result<operation::ModuleDescriptor> FakeRunner::Describe(const std::string&) {
  return Status::Unimplemented("the fake catalog knows its descriptors");
}

void FakeCatalog::Add(operation::OperationDescriptor descriptor, const std::string& module_path) {
  catalog::Entry entry;
  entry.module_path = module_path.empty() ? "/modules/" + descriptor.name + ".so" : module_path;
  entry.file = descriptor.name + ".so";
  const std::string name = descriptor.name;
  entry.descriptor = std::move(descriptor);
  entries_.insert_or_assign(name, std::move(entry));
}

Result<catalog::Entry> FakeCatalog::Find(const std::string& operation) {
  const auto found = entries_.find(operation);
  if (found != entries_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  std::string message = "operation " + operation + " not found";
  for (const std::string& near : NearestNames(operation, names)) message += "; " + near;
  return Status::NotFound(message);
}

std::vector<catalog::Entry> FakeCatalog::Entries() {
  std::vector<catalog::Entry> entries;
  for (const auto& [name, entry] : entries_) entries.push_back(entry);
  return entries;
}

std::vector<std::string> FakeCatalog::ArtifactFolders() {
  std::vector<std::string> folders;
  for (const auto& [name, entry] : entries_) folders.push_back(entry.descriptor.artifact_folder);
  return folders;
}

Result<catalog::LeasedModule> FakeCatalog::Recall(const std::string& module_path) {
  const auto found = copies.find(module_path);
  if (found == copies.end()) return Status::NotFound(module_path + " is no copy");
  return catalog::LeasedModule{.path = module_path, .lease = found->second};
}

operation::RunOutcome Succeed(std::map<std::string, std::string> results) {
  operation::RunOutcome outcome;
  outcome.results = std::move(results);
  return outcome;
}

operation::RunOutcome FailWith(const std::string& reason, const std::string& message) {
  operation::RunOutcome outcome;
  outcome.status = Status::FailedPrecondition(message).WithReason(reason);
  return outcome;
}

operation::RunOutcome Hang(const operation::Job& job, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  operation::RunOutcome outcome;
  if (job.deadline.IsNever()) {
    never.wait(lock, stop, [] { return false; });
  } else {
    never.wait_until(lock, stop, job.deadline.time(), [] { return false; });
  }
  outcome.status = stop.stop_requested()
                       ? Status::Cancelled("cancelled")
                       : Status::DeadlineExceeded("").WithReason("OperationTimeout");
  return outcome;
}

}  // namespace kubediag::diagnosis
