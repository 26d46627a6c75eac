// Job: what one run of an operation is given, and how it answers.
//
// OWNERSHIP: the job and all views it hands out are the engine's, valid until Run() or Restore()
// returns. Const methods and those that answer the engine may be called from any thread of the run;
// what throws in a thread of the author's must be caught in it. Times are steady_clock's.
#pragma once

#include <kubediag/abi.h>
#include <kubediag/outcome.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubediag {

namespace sdk {

inline kubediag_string View(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view View(kubediag_string text) { return {text.data, text.size}; }

// A table of this header's size from one of an older or newer engine: what it lacks is zero.
template <typename Table>
Table Fitted(const Table& table) {
  Table fitted{};
  const size_t size = table.struct_size < sizeof(Table) ? table.struct_size : sizeof(Table);
  std::memcpy(static_cast<void*>(&fitted), &table, size);
  return fitted;
}

}  // namespace sdk

// Key/value texts. Iterating gives them in the engine's order: parameters by key, settings and
// policy as written, a list as its key repeated.
class Values {
 public:
  struct Item {
    std::string_view key;
    std::string_view value;
  };

  Values(const kubediag_pair* pairs, size_t count) {
    items_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      items_.push_back({sdk::View(pairs[i].key), sdk::View(pairs[i].value)});
    }
  }

  std::optional<std::string_view> Find(std::string_view key) const {
    for (const Item& item : items_) {
      if (item.key == key) return item.value;
    }
    return std::nullopt;
  }
  bool Has(std::string_view key) const { return Find(key).has_value(); }
  // All values of a repeated key.
  std::vector<std::string_view> List(std::string_view key) const {
    std::vector<std::string_view> values;
    for (const Item& item : items_) {
      if (item.key == key) values.push_back(item.value);
    }
    return values;
  }

  // Without a fallback these throw Failure "MissingParameter" for an absent key. A value of another
  // kind, which the engine lets through only for undeclared keys, is Failure "InvalidParameter".
  std::string_view Text(std::string_view key) const {
    if (const auto value = Find(key)) return *value;
    throw Failure("MissingParameter", std::string(key) + " is not set", KUBEDIAG_INVALID_ARGUMENT);
  }
  std::string_view Text(std::string_view key, std::string_view fallback) const {
    return Find(key).value_or(fallback);
  }
  int64_t Integer(std::string_view key) const {
    std::string_view digits = Text(key);
    if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
    int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc() || stop != end) throw Invalid(key, "an integer of 64 bits");
    return number;
  }
  int64_t Integer(std::string_view key, int64_t fallback) const {
    return Has(key) ? Integer(key) : fallback;
  }
  bool Boolean(std::string_view key) const {
    const std::string_view value = Text(key);
    if (value != "true" && value != "false") throw Invalid(key, "true or false");
    return value == "true";
  }
  bool Boolean(std::string_view key, bool fallback) const {
    return Has(key) ? Boolean(key) : fallback;
  }

  std::vector<Item>::const_iterator begin() const { return items_.begin(); }
  std::vector<Item>::const_iterator end() const { return items_.end(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }

 private:
  Failure Invalid(std::string_view key, const char* expected) const {
    return {"InvalidParameter",
            std::string(key) + ": \"" + std::string(Text(key)) + "\" is not " + expected,
            KUBEDIAG_INVALID_ARGUMENT};
  }

  std::vector<Item> items_;
};

class Job {
 public:
  Job(const kubediag_host& host, const kubediag_job& job)
      : host_(sdk::Fitted(host)),
        job_(sdk::Fitted(job)),
        parameters_(job_.parameters, job_.parameter_count),
        settings_(job_.settings, job_.setting_count),
        policy_(job_.policy, job_.policy_count) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // The name under which the operation was asked for.
  std::string_view operation() const { return sdk::View(job_.operation); }
  // The Diagnosis' parameters, earlier results and context keys, with the declared defaults.
  const Values& parameters() const { return parameters_; }
  // From the Operation object's processor.
  const Values& settings() const { return settings_; }
  // From the administrator.
  const Values& policy() const { return policy_; }
  // Bytes of a declared Secret; nothing if the Diagnosis names no Secret. Not to be logged.
  std::optional<std::string_view> Secret(std::string_view name_parameter,
                                         std::string_view data_key) const {
    for (size_t i = 0; i < job_.secret_count; ++i) {
      const kubediag_secret_value& item = job_.secrets[i];
      if (sdk::View(item.name_parameter) != name_parameter) continue;
      if (sdk::View(item.data_key) != data_key) continue;
      return std::string_view(reinterpret_cast<const char*>(item.value.data), item.value.size);
    }
    return std::nullopt;
  }

  // Descriptor of this run's own folder, -1 unless the declaration names an artifact folder; and
  // the same folder as people on the node see it. Not to be closed.
  int artifact_directory() const { return job_.artifact_directory; }
  std::string_view artifact_path() const { return sdk::View(job_.artifact_path); }
  // Bound and listening, -1 unless ServesHttp(); not to be closed. `base_url` is its address with a
  // secret path, which ends in '/': answer nothing outside that path.
  int listen_socket() const { return job_.listen_socket; }
  std::string_view base_url() const { return sdk::View(job_.base_url); }
  // Where the engine's helper programs are.
  std::string_view libexec_directory() const { return sdk::View(job_.libexec_directory); }
  // What Complete() was given by the run that Restore() brings back.
  std::string_view state() const {
    return {reinterpret_cast<const char*>(job_.state.data), job_.state.size};
  }

  // No longer applies after Complete().
  std::optional<std::chrono::steady_clock::time_point> deadline() const {
    if (job_.deadline == 0) return std::nullopt;
    return std::chrono::steady_clock::time_point(
        std::chrono::nanoseconds(static_cast<int64_t>(job_.deadline)));
  }
  bool Cancelled() const { return host_.cancelled(host_.context) != 0; }
  // Becomes readable when the run is to end: for poll(), never to be read from.
  int cancel_descriptor() const { return job_.cancel_descriptor; }

  // A result. Keys: 1-253 of [A-Za-z0-9._-]; values UTF-8; a later value of a key replaces the
  // earlier one. Throws Failure "ResultRefused" if the engine refuses it.
  void Emit(std::string_view key, std::string_view value) {
    Accept(host_.emit(host_.context, sdk::View(key), sdk::View(value)), key);
  }
  // A file of artifact_directory() that belongs to the results. Throws as Emit() does.
  void EmitArtifact(std::string_view key, std::string_view relative_path) {
    Accept(host_.emit_artifact(host_.context, sdk::View(key), sdk::View(relative_path)), key);
  }

  // ServesHttp() only, once: the results are final and listen_socket() is being served. Run() goes
  // on for at most `linger`; `state` comes back in Restore(). Throws Failure "CompletionRefused".
  void Complete(std::chrono::nanoseconds linger, std::string_view state = {}) {
    const kubediag_bytes bytes{reinterpret_cast<const uint8_t*>(state.data()), state.size()};
    const kubediag_code code =
        host_.complete(host_.context, static_cast<uint64_t>(linger.count()), bytes);
    if (code == KUBEDIAG_OK) return;
    throw Failure("CompletionRefused", "complete() answered code " + std::to_string(code), code);
  }

  void Debug(std::string_view message) { Log(KUBEDIAG_LOG_DEBUG, message); }
  void Info(std::string_view message) { Log(KUBEDIAG_LOG_INFO, message); }
  void Warning(std::string_view message) { Log(KUBEDIAG_LOG_WARNING, message); }
  void Error(std::string_view message) { Log(KUBEDIAG_LOG_ERROR, message); }

 private:
  void Log(int32_t level, std::string_view message) {
    host_.log(host_.context, level, sdk::View(message));
  }
  static void Accept(kubediag_code code, std::string_view key) {
    if (code == KUBEDIAG_OK) return;
    const char* const why = code == KUBEDIAG_INVALID_ARGUMENT ? "its key, text or path is malformed"
                            : code == KUBEDIAG_RESOURCE_EXHAUSTED ? "a limit on results was passed"
                                                                  : "the engine answered an error";
    throw Failure("ResultRefused", "result " + std::string(key) + ": " + why, code);
  }

  const kubediag_host host_;
  const kubediag_job job_;
  const Values parameters_;
  const Values settings_;
  const Values policy_;
};

}  // namespace kubediag
