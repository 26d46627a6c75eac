#include "engine/operation/invocation.h"

#include <cxxabi.h>
#include <kubediag/abi.h>

#include <exception>
#include <string_view>
#include <vector>

#include "engine/operation/module_reader.h"

namespace kubediag::operation {
namespace {

kubediag_string View(std::string_view text) { return {text.data(), text.size()}; }
kubediag_bytes Bytes(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// The job as the ABI has it; borrows everything from the Job.
class JobTable {
 public:
  JobTable(const Job& job, const OperationDescriptor& operation, const CancelTimer& cancel) {
    for (const auto& [key, value] : job.parameters) parameters_.push_back({View(key), View(value)});
    for (const auto& [key, value] : job.settings) settings_.push_back({View(key), View(value)});
    for (const auto& [key, value] : job.policy) policy_.push_back({View(key), View(value)});
    for (const SecretValue& secret : job.secrets) {
      secrets_.push_back({View(secret.name_parameter), View(secret.data_key), Bytes(secret.value)});
    }
    table_.struct_size = sizeof table_;
    table_.artifact_directory = operation.artifact_folder.empty() ? -1 : job.artifact_directory;
    table_.listen_socket = operation.serves_http() ? job.listen_socket : -1;
    table_.cancel_descriptor = cancel.fd();
    table_.deadline = job.deadline.ToMonotonicNanoseconds();
    table_.operation = View(job.operation);
    table_.base_url = View(job.base_url);
    table_.artifact_path = View(job.artifact_path);
    table_.libexec_directory = View(job.libexec_directory);
    table_.state = Bytes(job.state);
    table_.parameters = parameters_.data();
    table_.parameter_count = parameters_.size();
    table_.settings = settings_.data();
    table_.setting_count = settings_.size();
    table_.policy = policy_.data();
    table_.policy_count = policy_.size();
    table_.secrets = secrets_.data();
    table_.secret_count = secrets_.size();
  }

  const kubediag_job& table() const { return table_; }

 private:
  std::vector<kubediag_pair> parameters_;
  std::vector<kubediag_pair> settings_;
  std::vector<kubediag_pair> policy_;
  std::vector<kubediag_secret_value> secrets_;
  kubediag_job table_{};
};

RunOutcome Failed(Status status) {
  RunOutcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

}  // namespace

RunOutcome Invoke(const LoadedModule& module, const Job& job, CancelTimer& cancel, RunSink& sink) {
  const kubediag_operation* borrowed = module.Find(job.operation);
  const OperationDescriptor* descriptor = module.FindDescriptor(job.operation);
  if (borrowed == nullptr || descriptor == nullptr) {
    return Failed(Status(StatusCode::kNotFound, "OperationNotAvailable",
                         "the module has no operation " + job.operation));
  }
  const kubediag_operation operation = Fitted(*borrowed);
  const auto function = job.restore ? operation.restore : operation.run;
  if (function == nullptr) {
    return Failed(Status(StatusCode::kUnimplemented, "NotRestorable",
                         "operation " + job.operation + " cannot be restored"));
  }
  cancel.FireAt(job.deadline);
  const JobTable table(job, *descriptor, cancel);
  RunContext context(*descriptor, table.table().artifact_directory, cancel, sink);
  try {
    return context.Finish(function(&context.table(), &table.table()));
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being ended; the C library aborts if that is stopped
  } catch (const std::exception& exception) {
    return context.FinishThrown(exception.what());
  } catch (...) {
    return context.FinishThrown("something that is no std::exception");
  }
}

}  // namespace kubediag::operation
