// Fakes for the executor's tests: operations are lambdas, the catalog is a map, the rest is real.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalog/catalog.h"
#include "engine/operation/runner.h"

namespace kubediag::diagnosis {

using Body = std::function<operation::RunOutcome(const operation::Job&, const std::stop_token&)>;

// Runs registered lambdas in the calling thread. Thread-safe.
class FakeRunner : public operation::Runner {
 public:
  void Register(const std::string& operation, Body body);
  // Ends a serving operation by itself, as a crash would.
  void Exit(const std::string& operation);

  size_t Runs(const std::string& operation) const;      // jobs started, restores included
  size_t Restores(const std::string& operation) const;  // restore jobs started
  std::vector<operation::Job> Jobs(const std::string& operation) const;
  size_t MostAtOnce() const;
  size_t Live() const;  // OperationRun objects that exist
  size_t Prepared() const;
  std::string LastPrepared() const;  // its module

  Result<std::unique_ptr<operation::OperationRun>> Prepare(const std::string& module_path) override;
  Result<operation::ModuleDescriptor> Describe(const std::string& module_path) override;

 private:
  class Run;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Body> bodies_;
  std::map<std::string, std::vector<operation::Job>> jobs_;
  std::map<std::string, size_t> exits_;
  size_t at_once_ = 0;
  size_t most_at_once_ = 0;
  size_t live_ = 0;
  size_t prepared_ = 0;
  std::string last_prepared_;
};

class FakeCatalog : public catalog::Catalog {
 public:
  // `module_path`: "/modules/<operation>.so" if empty.
  void Add(operation::OperationDescriptor descriptor, const std::string& module_path = "");
  void Remove(const std::string& name) { entries_.erase(name); }

  Result<catalog::Entry> Find(const std::string& operation) override;
  std::vector<catalog::Entry> Entries() override;
  std::vector<std::string> ArtifactFolders() override;
  std::vector<catalog::Refusal> Refusals() override { return {}; }
  // What a test has put into `copies`.
  Result<catalog::LeasedModule> Recall(const std::string& module_path) override;
  std::map<std::string, std::shared_ptr<const void>> copies;  // leases by path

 private:
  std::map<std::string, catalog::Entry> entries_;
};

operation::RunOutcome Succeed(std::map<std::string, std::string> results = {});
operation::RunOutcome FailWith(const std::string& reason, const std::string& message);
// Until stopped or out of time, as a runner's Wait does.
operation::RunOutcome Hang(const operation::Job& job, const std::stop_token& stop);

}  // namespace kubediag::diagnosis
