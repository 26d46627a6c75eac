// FakeHost: runs an operation in a unit test, in this process, by the engine's rules.
//
//   kubediag::FakeHost host;  // the module linked into this program
//   host.Parameter("hello.name", "Ada");
//   const kubediag::FakeRun run = host.Run("hello");
//   assert(run.ok() && run.results.at("hello.greeting") == "Hello, Ada!");
//
// A server is tested with Start(), WaitUntilServing(), requests to base_url(), then Finish().
// Methods are for one thread, except Cancel(). Misuse of the fake itself throws std::logic_error.
// The operation is not isolated here: if it crashes, so does the test; if it never ends, the test
// does not either.
#pragma once

#include <kubediag/abi.h>
#include <kubediag/fake_run.h>
#include <kubediag/rules.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace kubediag {

class FakeHost {
 public:
  // Throws std::logic_error that names each defect if the engine would refuse the module.
  explicit FakeHost(kubediag_operation_module_function entry = &kubediag_operation_module_v1)
      : module_(entry(KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR)) {
    std::string text;
    for (const std::string& defect : sdk::Defects(module_)) text += "\n  " + defect;
    if (!text.empty()) throw std::logic_error("the engine would refuse the module:" + text);
    std::string folder = (std::filesystem::temp_directory_path() / "kubediag-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::logic_error("no temporary folder");
    folder_ = folder;
  }
  ~FakeHost() {
    if (thread_.joinable()) Finish();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // What the runs that follow are given.
  FakeHost& Parameter(const std::string& key, std::string value) {
    parameters_[key] = std::move(value);
    return *this;
  }
  FakeHost& Setting(std::string key, std::string value) {
    settings_.emplace_back(std::move(key), std::move(value));
    return *this;
  }
  FakeHost& Policy(std::string key, std::string value) {
    policy_.emplace_back(std::move(key), std::move(value));
    return *this;
  }
  // A Secret the operation declares and the parameters name.
  FakeHost& Secret(std::string name_parameter, std::string data_key, std::string value) {
    secrets_.emplace_back(std::move(name_parameter), std::move(data_key), std::move(value));
    return *this;
  }
  FakeHost& Timeout(std::chrono::nanoseconds timeout) {
    timeout_ = timeout;
    return *this;
  }
  FakeHost& LibexecDirectory(std::string path) {
    libexec_directory_ = std::move(path);
    return *this;
  }

  // Runs to the end.
  FakeRun Run(const std::string& operation) {
    Start(operation);
    return Wait();
  }

  // Starts a run, or a Restore() if there is a state, in a thread of its own.
  void Start(const std::string& operation, std::optional<std::string> state = std::nullopt) {
    if (thread_.joinable()) throw std::logic_error("a run is still going on");
    const kubediag_operation& found = FindOperation(operation);
    const uint64_t features = found.required_features | found.optional_features;
    if (state && found.restore == nullptr) throw std::logic_error(operation + " has no restore()");
    const std::filesystem::path folder = folder_ / ("run-" + std::to_string(++runs_));
    std::filesystem::create_directory(folder);
    recorder_ = std::make_unique<sdk::Recorder>((features & KUBEDIAG_FEATURE_SERVES_HTTP) != 0,
                                                folder.string(), timeout_);
    std::map<std::string, std::string> parameters = parameters_;
    if (!PrepareParameters(found, parameters) || !PrepareSecrets(found, parameters)) return;
    thread_ = std::thread([this, &found, parameters = std::move(parameters),
                           state = std::move(state)] { Call(found, parameters, state); });
  }

  // True once the operation has called complete(); false if it ended without, or `timeout` passed.
  bool WaitUntilServing(std::chrono::nanoseconds timeout = std::chrono::seconds(30)) {
    return recorder_->WaitUntilCompleted(timeout);
  }

  // Tells the run to end. May be called from any thread once Start() has returned.
  void Cancel() { recorder_->Cancel(); }

  // Waits for the end of the run.
  FakeRun Wait() {
    if (thread_.joinable()) thread_.join();
    return recorder_->Take();
  }
  FakeRun Finish() {
    Cancel();
    return Wait();
  }

  // Of the run that was started last; the folder is there until the host is destroyed.
  std::string artifact_path() const { return recorder_->folder(); }
  std::string base_url() const { return recorder_->base_url(); }
  const kubediag_module& module() const { return *module_; }

 private:
  const kubediag_operation& FindOperation(const std::string& name) const {
    for (size_t i = 0; i < module_->operation_count; ++i) {
      if (sdk::View(module_->operations[i]->name) == name) return *module_->operations[i];
    }
    throw std::logic_error("the module has no operation " + name);
  }

  // Fills in defaults. False: the engine would fail the node without running it.
  bool PrepareParameters(const kubediag_operation& operation,
                         std::map<std::string, std::string>& parameters) {
    std::vector<std::string> declared;
    for (size_t i = 0; i < operation.parameter_count; ++i) {
      const kubediag_parameter parameter = sdk::Fitted(*operation.parameters[i]);
      const std::string key(sdk::View(parameter.key));
      declared.push_back(key);
      if (parameter.default_value.data != nullptr) {
        parameters.emplace(key, sdk::View(parameter.default_value));
      }
      const auto found = parameters.find(key);
      const bool required = (parameter.flags & KUBEDIAG_PARAMETER_REQUIRED) != 0;
      const bool missing = found == parameters.end() || (required && found->second.empty());
      const std::string out_of_range =
          missing ? std::string() : sdk::RangeDefect(parameter, found->second);
      const bool fits = !missing && out_of_range.empty() && sdk::IsOfKind(parameter, found->second);
      if (missing ? !required : fits) continue;
      std::string worded = "parameter " + key;
      if (missing) {
        worded += " is missing";
      } else if (!out_of_range.empty()) {
        worded = key;
        worded.append(" ").append(out_of_range);
      } else {
        worded.append(": \"").append(found->second).append("\" is not of its kind");
      }
      std::string violation(sdk::View(parameter.violation));
      // As the engine does: of a URL the sentence only says that it is missing.
      const bool bad_url = !missing && parameter.kind == KUBEDIAG_KIND_URL;
      if (violation.empty() || bad_url || !out_of_range.empty()) violation = worded;
      recorder_->Refuse(missing ? "MissingParameter" : "InvalidParameter", violation);
      return false;
    }
    if ((operation.optional_features & KUBEDIAG_FEATURE_OPEN_PARAMETERS) == 0) {
      recorder_->NoteUnknownParameters(parameters, declared);
    }
    return true;
  }

  // Nothing is handed over that the operation does not declare or the parameters do not name.
  bool PrepareSecrets(const kubediag_operation& operation,
                      const std::map<std::string, std::string>& parameters) {
    size_t handed_over = 0;
    for (size_t i = 0; i < operation.secret_count; ++i) {
      const kubediag_secret secret = sdk::Fitted(*operation.secrets[i]);
      const std::string name_parameter(sdk::View(secret.name_parameter));
      if (TextOf(parameters, name_parameter).empty()) {
        const std::string url_key(sdk::View(secret.https_parameter));
        if (url_key.empty() || !sdk::StartsWith(TextOf(parameters, url_key), "https://")) continue;
        std::string violation(sdk::View(secret.violation));
        if (violation.empty()) {
          violation.append(name_parameter).append(" must name a Secret, for ");
          violation.append(url_key).append(" is https");
        }
        recorder_->Refuse("MissingParameter", violation);
        return false;
      }
      for (size_t k = 0; k < secret.data_key_count; ++k, ++handed_over) {
        const std::string data_key(sdk::View(secret.data_keys[k]));
        if (HasSecret(name_parameter, data_key)) continue;
        RefuseSecret(name_parameter, data_key);
        return false;
      }
    }
    if (handed_over == secrets_.size()) return true;
    throw std::logic_error("a Secret() is given twice, not declared, or named by no parameter");
  }
  static std::string TextOf(const std::map<std::string, std::string>& parameters,
                            const std::string& key) {
    const auto found = parameters.find(key);
    return found == parameters.end() ? std::string() : found->second;
  }
  void RefuseSecret(const std::string& name_parameter, const std::string& data_key) {
    recorder_->Refuse("SecretIncomplete", name_parameter + ": the Secret has no key " + data_key);
  }
  bool HasSecret(const std::string& name_parameter, const std::string& data_key) const {
    for (const auto& [name, key, value] : secrets_) {
      if (name == name_parameter && key == data_key && !value.empty()) return true;
    }
    return false;
  }

  template <typename Pairs>
  static std::vector<kubediag_pair> Views(const Pairs& pairs) {
    std::vector<kubediag_pair> views;
    views.reserve(pairs.size());
    for (const auto& [key, value] : pairs) views.push_back({sdk::View(key), sdk::View(value)});
    return views;
  }
  static kubediag_bytes Bytes(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  void Call(const kubediag_operation& operation,
            const std::map<std::string, std::string>& parameters,
            const std::optional<std::string>& state) {
    const std::vector<kubediag_pair> parameter_views = Views(parameters);
    const std::vector<kubediag_pair> setting_views = Views(settings_);
    const std::vector<kubediag_pair> policy_views = Views(policy_);
    std::vector<kubediag_secret_value> secret_views;
    secret_views.reserve(secrets_.size());
    for (const auto& [name_parameter, data_key, value] : secrets_) {
      secret_views.push_back({sdk::View(name_parameter), sdk::View(data_key), Bytes(value)});
    }
    const std::string artifact_path = recorder_->folder();
    const std::string base_url = recorder_->base_url();

    kubediag_job job{};
    job.struct_size = sizeof(job);
    job.artifact_directory = operation.artifact_folder.size > 0 ? recorder_->folder_fd() : -1;
    job.listen_socket = recorder_->listen_socket();
    job.cancel_descriptor = recorder_->cancel_descriptor();
    job.deadline = recorder_->deadline();
    job.operation = operation.name;
    job.base_url = sdk::View(base_url);
    if (job.artifact_directory >= 0) job.artifact_path = sdk::View(artifact_path);
    job.libexec_directory = sdk::View(libexec_directory_);
    if (state) job.state = Bytes(*state);
    job.parameters = parameter_views.data();
    job.parameter_count = parameter_views.size();
    job.settings = setting_views.data();
    job.setting_count = setting_views.size();
    job.policy = policy_views.data();
    job.policy_count = policy_views.size();
    job.secrets = secret_views.data();
    job.secret_count = secret_views.size();
    const kubediag_host host = recorder_->host();
    recorder_->End(state ? operation.restore(&host, &job) : operation.run(&host, &job));
  }

  const kubediag_module* const module_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> parameters_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::vector<std::pair<std::string, std::string>> policy_;
  std::vector<std::tuple<std::string, std::string, std::string>> secrets_;
  std::chrono::nanoseconds timeout_{0};
  std::string libexec_directory_;
  unsigned runs_ = 0;
  std::unique_ptr<sdk::Recorder> recorder_;
  std::thread thread_;
};

}  // namespace kubediag
