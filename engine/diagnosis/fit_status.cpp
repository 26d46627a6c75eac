#include <algorithm>
#include <string>

#include "engine/api/conditions.h"
#include "engine/api/encode.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/diagnosis/status.h"

namespace kubediag::diagnosis {
namespace {

constexpr size_t kShortMessageBytes = 256;

// Between what a status must and what it may take as JSON: encoding a large one to see costs more
// than all else that is done with it.
class SizeBounds {
 public:
  explicit SizeBounds(const api::DiagnosisStatus& status) {
    Element(status.message.size());
    for (const api::Condition& condition : status.conditions) {
      Element(condition.type.size() + condition.reason.size() + condition.message.size());
    }
    for (const api::Path& path : status.failed_paths) Add(path);
    Add(status.succeeded_path);
    for (const auto& [key, value] : status.operation_results) Element(key.size() + value.size());
    for (const api::OperationOutcome& outcome : status.operations) {
      Element(outcome.operation.size() + outcome.reason.size() + outcome.message.size());
    }
    for (const api::Artifact& artifact : status.artifacts) {
      Element(artifact.key.size() + artifact.path.size() + artifact.sha256.size());
    }
    if (status.claim) {
      Element(status.claim->instance.size() + status.claim->operation_set_hash.size());
    }
  }

  size_t lower() const { return lower_; }
  size_t upper() const { return upper_; }

 private:
  // Names of fields, times and numbers of one element of a list.
  static constexpr size_t kMostOverhead = 512;
  static constexpr size_t kMostBytesANumber = 24;
  static constexpr size_t kMostBytesAByte = 6;  // \u0001

  void Element(size_t text) {
    lower_ += text;
    upper_ += text * kMostBytesAByte + kMostOverhead;
  }
  void Add(const api::Path& path) {
    upper_ += kMostOverhead;
    for (const api::Node& node : path) {
      Element(node.operation.size());
      upper_ += (node.to.size() + node.dependences.size()) * kMostBytesANumber;
    }
  }

  size_t lower_ = 0;
  size_t upper_ = 1024;  // what a status has once
};

// Cuts one status, step by step, and keeps account of what went.
class Cutter {
 public:
  Cutter(api::DiagnosisStatus& status, size_t max_bytes) : status_(status), max_bytes_(max_bytes) {}

  bool Fits() const {
    const SizeBounds bounds(status_);
    if (bounds.upper() <= max_bytes_) return true;
    if (bounds.lower() > max_bytes_) return false;
    return api::EncodeStatusJson(status_).size() <= max_bytes_;
  }
  bool cut() const { return !what_.empty(); }
  const std::string& what() const { return what_; }

  // Halves the list until the status fits or the list is empty. From the back.
  template <typename T>
  void Halve(std::vector<T>& list, const char* name) {
    const size_t before = list.size();
    while (!list.empty() && !Fits()) list.resize(list.size() / 2);
    if (list.size() < before) Note(name, before, list.size());
  }

  template <typename T>
  void Shorten(std::vector<T>& list, size_t count, const char* name) {
    if (list.size() <= count) return;
    Note(name, list.size(), count);
    list.resize(count);
  }

  void ShortenMessages(size_t bytes) {
    if (Fits()) return;
    for (api::OperationOutcome& outcome : status_.operations) {
      outcome.message = kubediag::Shorten(outcome.message, bytes);
    }
    status_.message = kubediag::Shorten(status_.message, std::max(bytes, kShortMessageBytes));
    for (api::Condition& condition : status_.conditions) {
      condition.message = kubediag::Shorten(condition.message, std::max(bytes, kShortMessageBytes));
    }
    if (what_.find("messages") == std::string::npos) Note("messages");
  }

  // Those that failed tell most, so they stay to the last.
  void DropOutcomes() {
    if (Fits()) return;
    std::stable_partition(status_.operations.begin(), status_.operations.end(),
                          [](const auto& outcome) { return outcome.phase == "Failed"; });
    Halve(status_.operations, "operations");
    std::sort(status_.operations.begin(), status_.operations.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
  }

 private:
  void Note(const std::string& text) {
    if (!what_.empty()) what_ += ", ";
    what_ += text;
  }
  void Note(const std::string& name, size_t before, size_t after) {
    Note(name + " (" + std::to_string(after) + " of " + std::to_string(before) + " kept)");
  }

  api::DiagnosisStatus& status_;
  const size_t max_bytes_;
  std::string what_;
};

void SetTruncated(api::DiagnosisStatus& status, const std::string& what, size_t max_bytes,
                  api::Time now) {
  api::SetCondition(
      status.conditions,
      {.type = api::kConditionTruncated,
       .status = api::kConditionTrue,
       .last_transition_time = now,
       .reason = "StatusTooLarge",
       .message = "cut to stay within " + std::to_string(max_bytes) + " bytes: " + what},
      now);
}

}  // namespace

void FitStatus(api::DiagnosisStatus& status, size_t max_bytes, api::Time now) {
  // Room for the condition that tells of the cut.
  constexpr size_t kConditionBytes = 1024;
  Cutter whole(status, max_bytes);
  whole.Shorten(status.artifacts, kMaxListedArtifacts, "artifacts");
  if (whole.cut()) SetTruncated(status, whole.what(), max_bytes, now);
  if (whole.Fits()) return;

  Cutter cutter(status, max_bytes - std::min(max_bytes, kConditionBytes));
  cutter.Halve(status.failed_paths, "failedPaths");
  cutter.ShortenMessages(kShortMessageBytes);
  cutter.ShortenMessages(0);
  cutter.DropOutcomes();
  cutter.Halve(status.succeeded_path, "succeededPath");
  cutter.Halve(status.artifacts, "artifacts");
  SetTruncated(status, whole.cut() ? whole.what() + ", " + cutter.what() : cutter.what(), max_bytes,
               now);
}

}  // namespace kubediag::diagnosis
