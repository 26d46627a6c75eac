// The engine's rules on what a module declares and answers, for authors' unit tests.
//
// The engine has its own code for them, which trusts nothing; this says the same in few lines.
#pragma once

#include <kubediag/abi.h>
#include <kubediag/job.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace kubediag::sdk {

inline constexpr size_t kMaxKeyBytes = 253;
inline constexpr size_t kMaxNameBytes = 63;
inline constexpr size_t kMaxKeysOfARun = 4096;
inline constexpr size_t kMaxBytesOfAValue = size_t{64} << 20;
inline constexpr size_t kMaxBytesOfARun = size_t{128} << 20;
inline constexpr size_t kMaxBytesOfState = size_t{64} << 10;
inline constexpr std::string_view kSecretSuffix = "secret_reference.name";

inline bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
inline bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
inline bool IsMadeOf(std::string_view text, std::string_view others, bool upper_case) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (upper_case && c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
  });
}

// Key of a result, a parameter or an artifact.
inline bool IsKey(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKeyBytes && IsMadeOf(key, "._-", true);
}
inline bool IsOperationName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && IsMadeOf(name, "-", false) &&
         name.front() != '-' && name.back() != '-';
}
// One word that starts with a capital.
inline bool IsReason(std::string_view reason) {
  return !reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z' && IsMadeOf(reason, "", true);
}

inline bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const uint32_t lead = byte(i);
    const size_t length = lead < 0x80                    ? 1
                          : lead >= 0xC2 && lead <= 0xDF ? 2
                          : (lead & 0xF0) == 0xE0        ? 3
                          : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                         : 0;
    if (length == 0) return false;
    uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      code = (code << 6) | (byte(i + k) & 0x3F);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

// Below a folder, whatever it is: no leading slash, no empty part, no "." and no "..".
inline bool IsRelativePath(std::string_view path) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; };
  if (!IsUtf8(path) || std::any_of(path.begin(), path.end(), is_control)) return false;
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

inline bool IsUrl(std::string_view url) {
  const size_t scheme = StartsWith(url, "http://") ? 7 : StartsWith(url, "https://") ? 8 : 0;
  if (scheme == 0) return false;
  const auto printable = [](char c) { return c > ' ' && c < 0x7F; };
  if (!std::all_of(url.begin(), url.end(), printable)) return false;
  const std::string_view authority = url.substr(scheme, url.find_first_of("/?#", scheme) - scheme);
  if (authority.empty() || authority[0] == ':' || authority.find('@') != authority.npos)
    return false;
  const size_t colon = authority.find(':', authority[0] == '[' ? authority.find(']') : 0);
  if (colon == authority.npos || colon + 1 == authority.size()) return true;
  const std::string_view port = authority.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number > 0;
}

inline bool IsOfKind(const kubediag_parameter& parameter, std::string_view value) {
  const kubediag_pair pair{parameter.key, View(value)};
  const Values values(&pair, 1);
  const std::string_view key = View(parameter.key);
  try {
    switch (parameter.kind) {
      case KUBEDIAG_KIND_STRING:
        return IsUtf8(value);
      case KUBEDIAG_KIND_INTEGER:
        return values.Integer(key), true;
      case KUBEDIAG_KIND_BOOLEAN:
        return values.Boolean(key), true;
      case KUBEDIAG_KIND_URL:
        return IsUrl(value);
      case KUBEDIAG_KIND_CHOICE:
        return std::any_of(parameter.choices, parameter.choices + parameter.choice_count,
                           [&](kubediag_string choice) { return View(choice) == value; });
      default:
        return false;
    }
  } catch (const Failure&) {
    return false;
  }
}

// The range as users read it, "at least 1"; the parameter has one.
inline std::string RangeText(const kubediag_parameter& parameter) {
  const std::string minimum = std::to_string(parameter.minimum);
  const std::string maximum = std::to_string(parameter.maximum);
  if ((parameter.flags & KUBEDIAG_PARAMETER_HAS_MAXIMUM) == 0) return "at least " + minimum;
  if ((parameter.flags & KUBEDIAG_PARAMETER_HAS_MINIMUM) == 0) return "at most " + maximum;
  return "from " + minimum + " to " + maximum;
}

// What the engine says of an integer out of its range, and of a URL that is no base URL; empty: it
// is none of these, which says nothing of its kind.
inline std::string RangeDefect(const kubediag_parameter& parameter, std::string_view value) {
  if (parameter.kind == KUBEDIAG_KIND_URL) {
    const bool is_base = value.find_first_of("?#") == value.npos;
    if ((parameter.flags & KUBEDIAG_PARAMETER_BASE_URL) == 0 || is_base || !IsUrl(value)) return {};
    return "must be a base URL, without query or fragment";
  }
  if (parameter.kind != KUBEDIAG_KIND_INTEGER) return {};
  if (value.size() > 1 && value[0] == '+' && value[1] != '-') value.remove_prefix(1);
  int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error == std::errc::invalid_argument || stop != end) return {};
  const bool too_wide = error == std::errc::result_out_of_range;
  const bool has_minimum = (parameter.flags & KUBEDIAG_PARAMETER_HAS_MINIMUM) != 0;
  const bool has_maximum = (parameter.flags & KUBEDIAG_PARAMETER_HAS_MAXIMUM) != 0;
  const bool negative = value[0] == '-';
  const bool below = has_minimum && (too_wide ? negative : number < parameter.minimum);
  const bool above = has_maximum && (too_wide ? !negative : number > parameter.maximum);
  if (below || above) return "must be " + RangeText(parameter);
  return too_wide ? "is out of the range of a 64-bit integer" : "";
}

// What a module of version 1.0 already had of each table, so no table is shorter.
constexpr size_t SizeOf(const kubediag_module* /*table*/) {
  return offsetof(kubediag_module, operation_count) + sizeof(size_t);
}
constexpr size_t SizeOf(const kubediag_operation* /*table*/) {
  return offsetof(kubediag_operation, restore) + sizeof(void*);
}
constexpr size_t SizeOf(const kubediag_parameter* /*table*/) {
  return offsetof(kubediag_parameter, choice_count) + sizeof(size_t);
}
constexpr size_t SizeOf(const kubediag_secret* /*table*/) {
  return offsetof(kubediag_secret, data_key_count) + sizeof(size_t);
}

// True if there is a table to read.
template <typename Table>
bool IsTable(const Table* table, const std::string& where, std::vector<std::string>& defects) {
  if (table == nullptr) {
    defects.push_back(where + " is null");
  } else if (table->struct_size < SizeOf(table)) {
    defects.push_back(where + ": struct_size is " + std::to_string(table->struct_size) +
                      ", it must be sizeof the table");
  } else {
    return true;
  }
  return false;
}

inline void AddRangeDefects(const kubediag_parameter& parameter, const std::string& where,
                            std::vector<std::string>& defects) {
  const bool has_minimum = (parameter.flags & KUBEDIAG_PARAMETER_HAS_MINIMUM) != 0;
  const bool has_maximum = (parameter.flags & KUBEDIAG_PARAMETER_HAS_MAXIMUM) != 0;
  const auto has = [&](size_t offset) { return parameter.struct_size >= offset + sizeof(int64_t); };
  if ((has_minimum && !has(offsetof(kubediag_parameter, minimum))) ||
      (has_maximum && !has(offsetof(kubediag_parameter, maximum)))) {
    defects.push_back(where + "its struct_size holds no minimum or maximum");
  }
  if ((has_minimum || has_maximum) && parameter.kind != KUBEDIAG_KIND_INTEGER) {
    defects.push_back(where + "a range belongs to kind integer, and only there");
  }
  if (has_minimum && has_maximum && parameter.minimum > parameter.maximum) {
    defects.push_back(where + "its minimum is above its maximum");
  }
  if ((parameter.flags & KUBEDIAG_PARAMETER_BASE_URL) != 0 && parameter.kind != KUBEDIAG_KIND_URL) {
    defects.push_back(where + "BASE_URL belongs to kind url, and only there");
  }
}

inline void AddParameterDefects(const kubediag_parameter& parameter, const std::string& operation,
                                std::vector<std::string>& defects) {
  const std::string_view key = View(parameter.key);
  const std::string where = operation + ": parameter " + std::string(key) + ": ";
  const bool is_choice = parameter.kind == KUBEDIAG_KIND_CHOICE;
  if (!IsKey(key)) defects.push_back(where + "its key is not 1-253 of [A-Za-z0-9._-]");
  AddRangeDefects(parameter, where, defects);
  if (parameter.kind < KUBEDIAG_KIND_STRING || parameter.kind > KUBEDIAG_KIND_URL) {
    defects.push_back(where + "unknown kind " + std::to_string(parameter.kind));
  } else if (is_choice != (parameter.choice_count > 0)) {
    defects.push_back(where + "choices belong to kind choice, and only there");
  } else if (parameter.default_value.data != nullptr &&
             !IsOfKind(parameter, View(parameter.default_value))) {
    defects.push_back(where + "its default is not of its kind");
  } else if (parameter.default_value.data != nullptr &&
             !RangeDefect(parameter, View(parameter.default_value)).empty()) {
    defects.push_back(where + "its default " +
                      RangeDefect(parameter, View(parameter.default_value)));
  }
  if (!IsUtf8(View(parameter.doc)) || !IsUtf8(View(parameter.violation))) {
    defects.push_back(where + "a text is not UTF-8");
  }
}

// Whether the operation declares a URL of this key.
inline bool DeclaresUrl(const kubediag_operation& operation, std::string_view key) {
  for (size_t i = 0; i < operation.parameter_count; ++i) {
    const kubediag_parameter* const parameter = operation.parameters[i];
    if (parameter != nullptr && parameter->struct_size >= SizeOf(parameter) &&
        parameter->kind == KUBEDIAG_KIND_URL && View(parameter->key) == key) {
      return true;
    }
  }
  return false;
}

inline void AddOperationDefects(const kubediag_operation& operation,
                                std::vector<std::string>& defects) {
  const std::string name(View(operation.name));
  const auto add = [&](const std::string& text) { defects.push_back(name + ": " + text); };
  const uint64_t features = operation.required_features | operation.optional_features;
  const uint64_t unknown = operation.required_features & ~KUBEDIAG_FEATURES_KNOWN;
  if (!IsOperationName(name)) add("its name is not a DNS label");
  if (operation.run == nullptr) add("it has no run()");
  if (operation.restore != nullptr && (features & KUBEDIAG_FEATURE_SERVES_HTTP) == 0) {
    add("restore() without SERVES_HTTP");
  }
  if (unknown != 0) add("unknown required feature bits " + std::to_string(unknown));
  if (operation.artifact_folder.size > 0 && !IsRelativePath(View(operation.artifact_folder))) {
    add("its artifact folder is not a relative path");
  }
  if (!IsUtf8(View(operation.version)) || !IsUtf8(View(operation.doc))) add("a text is not UTF-8");

  std::set<std::string_view> keys;
  for (size_t i = 0; i < operation.parameter_count; ++i) {
    const std::string where = name + ": parameter " + std::to_string(i);
    if (!IsTable(operation.parameters[i], where, defects)) continue;
    const kubediag_parameter parameter = Fitted(*operation.parameters[i]);
    AddParameterDefects(parameter, name, defects);
    if (!keys.insert(View(parameter.key)).second) {
      add("parameter " + std::string(View(parameter.key)) + " is declared twice");
    }
  }
  for (size_t i = 0; i < operation.secret_count; ++i) {
    const std::string where = name + ": secret " + std::to_string(i);
    if (!IsTable(operation.secrets[i], where, defects)) continue;
    const kubediag_secret secret = Fitted(*operation.secrets[i]);
    if (!IsKey(View(secret.name_parameter)) ||
        !EndsWith(View(secret.name_parameter), kSecretSuffix)) {
      defects.push_back(where + ": the parameter that names it must end in " +
                        std::string(kSecretSuffix));
    }
    if (!IsKey(View(secret.namespace_parameter)) || secret.data_key_count == 0 ||
        !std::all_of(secret.data_keys, secret.data_keys + secret.data_key_count,
                     [](kubediag_string key) { return IsKey(View(key)); })) {
      defects.push_back(where + ": it lacks a namespace parameter or data keys");
    }
    const std::string_view https_parameter = View(secret.https_parameter);
    if (!https_parameter.empty() && !DeclaresUrl(operation, https_parameter)) {
      defects.push_back(where + ": its https_parameter is no declared URL");
    }
    if (!IsUtf8(https_parameter) || !IsUtf8(View(secret.violation))) {
      defects.push_back(where + ": a text is not UTF-8");
    }
  }
}

// Why the engine would refuse the module; empty if it would not.
inline std::vector<std::string> Defects(const kubediag_module* borrowed) {
  if (borrowed == nullptr) return {"the module declines this engine"};
  std::vector<std::string> defects;
  if (!IsTable(borrowed, "the module", defects)) return defects;
  const kubediag_module module = Fitted(*borrowed);
  if (module.abi_major != KUBEDIAG_ABI_MAJOR || module.abi_minor > KUBEDIAG_ABI_MINOR) {
    defects.push_back("it needs ABI " + std::to_string(module.abi_major) + "." +
                      std::to_string(module.abi_minor));
  }
  if (module.operation_count == 0) defects.emplace_back("it has no operation");
  std::set<std::string_view> names;
  for (size_t i = 0; i < module.operation_count; ++i) {
    if (!IsTable(module.operations[i], "operation " + std::to_string(i), defects)) continue;
    const kubediag_operation operation = Fitted(*module.operations[i]);
    AddOperationDefects(operation, defects);
    if (!names.insert(View(operation.name)).second) {
      defects.push_back(std::string(View(operation.name)) + ": declared twice");
    }
  }
  return defects;
}

}  // namespace kubediag::sdk
