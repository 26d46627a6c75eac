// ConfigTree: a kubeconfig file as it is written, before anybody asks what it means.
//
// Built within caps: YAML aliases share what they name, so they cost nothing, and what lies deeper
// than kMaxKubeconfigDepth through them is refused. Immutable afterwards.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::kubeconfig {

struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;         // from 1
  bool quoted = false;  // of a scalar: a string, whatever it looks like
  size_t height = 1;    // levels beneath and including this one
  std::string text;     // of a scalar
  std::vector<std::shared_ptr<const ConfigNode>> items;
  std::map<std::string, std::shared_ptr<const ConfigNode>, std::less<>> fields;
};

// The first document of `bytes`; a null node if there is none. InvalidArgument: "line 7: …".
Result<std::shared_ptr<const ConfigNode>> ParseConfig(std::string_view bytes);

// The same as JSON, plain scalars by YAML's core rules. ResourceExhausted beyond `max_bytes`.
Result<std::string> ConfigNodeToJson(const ConfigNode& node, size_t max_bytes);

}  // namespace kubediag::kubeconfig
