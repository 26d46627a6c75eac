// What a module says of itself, copied out of its process: plain values, valid after the module is
// gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kubediag::operation {

enum class ParameterKind { kString, kInteger, kBoolean, kChoice, kUrl };

struct ParameterDescriptor {
  std::string key;
  ParameterKind kind = ParameterKind::kString;
  bool required = false;
  bool from_results = false;                 // an earlier operation is expected to supply it
  std::optional<std::string> default_value;  // used when the key is absent
  std::string doc;
  std::string violation;  // sentence for a missing or malformed value; empty: the engine words it
  std::vector<std::string> choices;
  std::optional<int64_t> minimum{};  // of an integer
  std::optional<int64_t> maximum{};
  bool base_url = false;  // a URL without query and fragment
};

struct SecretDescriptor {
  std::string namespace_parameter;
  std::string name_parameter;  // ends in "secret_reference.name"
  std::vector<std::string> data_keys;
  std::string https_parameter{};  // key of a URL: if that is https, the Secret must be named
  std::string violation{};        // sentence for that case; empty: the engine words it
};

// KUBEDIAG_FEATURE_… of <kubediag/abi.h>.
struct OperationDescriptor {
  std::string name;
  std::string version;
  std::string doc;
  std::chrono::nanoseconds default_timeout{0};  // 0: the engine's
  uint64_t required_features = 0;
  uint64_t optional_features = 0;
  std::string artifact_folder;  // relative path under the data root; empty: none
  std::vector<ParameterDescriptor> parameters;
  std::vector<SecretDescriptor> secrets;
  bool restorable = false;  // has restore()

  uint64_t features() const { return required_features | optional_features; }
  bool repeatable() const;
  bool serves_http() const;
  bool open_parameters() const;  // reads keys it does not declare
};

struct ModuleDescriptor {
  uint32_t abi_major = 0;
  uint32_t abi_minor = 0;
  std::vector<OperationDescriptor> operations;  // at least one
};

}  // namespace kubediag::operation
