// What an operation says of itself: its name, the parameters it reads, the Secrets it wants.
//
//   static kubediag::Declaration Declare() {
//     return kubediag::Declaration("disk-usage")
//         .Version("1.0")
//         .Doc("Finds the largest files below a folder.")
//         .Repeatable()
//         .Add(kubediag::Parameter::Text("disk_usage.folder").Required().Doc("Where to look."))
//         .Add(kubediag::Parameter::Integer("disk_usage.limit").Default("20"));
//   }
//
// Plain values; the engine checks them when it loads the module and a Diagnosis before a run, so an
// operation sees only parameters of the declared kind and range.
#pragma once

#include <kubediag/abi.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kubediag {

// A parameter the operation reads. Anything not said is: optional, without default.
class Parameter {
 public:
  static Parameter Text(std::string key) { return {KUBEDIAG_KIND_STRING, std::move(key)}; }
  static Parameter Integer(std::string key) { return {KUBEDIAG_KIND_INTEGER, std::move(key)}; }
  static Parameter Boolean(std::string key) { return {KUBEDIAG_KIND_BOOLEAN, std::move(key)}; }
  static Parameter Url(std::string key) { return {KUBEDIAG_KIND_URL, std::move(key)}; }
  static Parameter Choice(std::string key, std::vector<std::string> choices) {
    Parameter parameter(KUBEDIAG_KIND_CHOICE, std::move(key));
    parameter.choices_ = std::move(choices);
    return parameter;
  }

  Parameter& Required() { return Flag(KUBEDIAG_PARAMETER_REQUIRED); }
  // An earlier operation's result is expected to supply it, so a Diagnosis without it is no error.
  Parameter& FromResults() { return Flag(KUBEDIAG_PARAMETER_FROM_RESULTS); }
  // Used when the key is absent.
  Parameter& Default(std::string value) { return Set(default_value_, std::move(value)); }
  // One line for `kubediag operations NAME`.
  Parameter& Doc(std::string line) { return Set(doc_, std::move(line)); }
  // Of an integer: the least and the greatest value, themselves included.
  Parameter& Minimum(int64_t value) {
    minimum_ = value;
    return Flag(KUBEDIAG_PARAMETER_HAS_MINIMUM);
  }
  Parameter& Maximum(int64_t value) {
    maximum_ = value;
    return Flag(KUBEDIAG_PARAMETER_HAS_MAXIMUM);
  }
  // Of a URL: one that paths are appended to, so without query and fragment.
  Parameter& Base() { return Flag(KUBEDIAG_PARAMETER_BASE_URL); }
  // What a user reads when the value is missing or malformed, instead of the engine's own wording.
  // A number out of its range and a malformed URL are always worded by the engine.
  Parameter& Violation(std::string sentence) { return Set(violation_, std::move(sentence)); }

  int32_t kind() const { return kind_; }
  uint32_t flags() const { return flags_; }
  const std::string& key() const { return key_; }
  const std::optional<std::string>& default_value() const { return default_value_; }
  const std::string& doc() const { return doc_; }
  const std::string& violation() const { return violation_; }
  const std::vector<std::string>& choices() const { return choices_; }
  int64_t minimum() const { return minimum_; }  // with HAS_MINIMUM in flags()
  int64_t maximum() const { return maximum_; }  // with HAS_MAXIMUM in flags()

 private:
  Parameter(int32_t kind, std::string key) : kind_(kind), key_(std::move(key)) {}
  Parameter& Flag(uint32_t flag) {
    flags_ |= flag;
    return *this;
  }
  template <typename Member>
  Parameter& Set(Member& member, std::string&& value) {
    member = std::move(value);
    return *this;
  }

  int32_t kind_;
  uint32_t flags_ = 0;
  std::string key_;
  std::optional<std::string> default_value_;
  std::string doc_;
  std::string violation_;
  std::vector<std::string> choices_;
  int64_t minimum_ = 0;
  int64_t maximum_ = 0;
};

// A Kubernetes Secret the operation wants: which parameters name it, and which of its keys are
// handed over, each of which must be there and not empty. Without the name parameter in a Diagnosis
// no Secret is read, and with a URL in `https_parameter` that is https such a Diagnosis is refused.
struct Secret {
  std::string namespace_parameter;
  std::string name_parameter;  // must end in "secret_reference.name"
  std::vector<std::string> data_keys;
  std::string https_parameter{};  // key of a declared URL; empty: the Secret is never demanded
  std::string violation{};        // what a user reads then, instead of the engine's own wording
};

class Declaration {
 public:
  // `name` is a DNS label, the one an OperationSet uses.
  explicit Declaration(std::string name) : name_(std::move(name)) {}

  Declaration& Version(std::string version) { return Set(version_, std::move(version)); }
  Declaration& Doc(std::string line) { return Set(doc_, std::move(line)); }
  // After this a run is ended, unless the Operation object or the Diagnosis says otherwise.
  Declaration& Timeout(std::chrono::nanoseconds timeout) {
    return Set(timeout_, static_cast<uint64_t>(timeout.count()));
  }
  // Folder under the data root in which each run gets a folder of its own.
  Declaration& ArtifactFolder(std::string path) { return Set(artifact_folder_, std::move(path)); }
  Declaration& Add(Parameter parameter) { return Push(parameters_, std::move(parameter)); }
  Declaration& Add(Secret secret) { return Push(secrets_, std::move(secret)); }

  // May run again without harm, so an interrupted run is repeated.
  Declaration& Repeatable() { return Optional(KUBEDIAG_FEATURE_REPEATABLE); }
  // Reads keys it does not declare, so no key of its Diagnoses is reported as unknown.
  Declaration& OpenParameters() { return Optional(KUBEDIAG_FEATURE_OPEN_PARAMETERS); }
  Declaration& Network() { return Require(KUBEDIAG_FEATURE_NETWORK); }
  // Gets a listening socket and may Job::Complete() and live on.
  Declaration& ServesHttp() { return Require(KUBEDIAG_FEATURE_SERVES_HTTP); }
  Declaration& HostPid() { return Require(KUBEDIAG_FEATURE_HOST_PID); }
  Declaration& Spawns() { return Require(KUBEDIAG_FEATURE_SPAWNS); }
  // An engine that does not know a required bit refuses the module; an optional one it ignores.
  Declaration& Require(uint64_t bits) { return Set(required_features_, required_features_ | bits); }
  Declaration& Optional(uint64_t bits) {
    return Set(optional_features_, optional_features_ | bits);
  }

  const std::string& name() const { return name_; }
  const std::string& version() const { return version_; }
  const std::string& doc() const { return doc_; }
  const std::string& artifact_folder() const { return artifact_folder_; }
  uint64_t timeout() const { return timeout_; }  // nanoseconds
  uint64_t required_features() const { return required_features_; }
  uint64_t optional_features() const { return optional_features_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<Secret>& secrets() const { return secrets_; }

 private:
  template <typename Member>
  Declaration& Set(Member& member, Member value) {
    member = std::move(value);
    return *this;
  }
  template <typename Item>
  Declaration& Push(std::vector<Item>& list, Item item) {
    list.push_back(std::move(item));
    return *this;
  }

  std::string name_;
  std::string version_ = "0";
  std::string doc_;
  std::string artifact_folder_;
  uint64_t timeout_ = 0;
  uint64_t required_features_ = 0;
  uint64_t optional_features_ = 0;
  std::vector<Parameter> parameters_;
  std::vector<Secret> secrets_;
};

}  // namespace kubediag
