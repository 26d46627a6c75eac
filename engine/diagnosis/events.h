// Events: what is told about one Diagnosis while it runs, under KubeDiag's reasons. A capability
// never leaves: it is blotted out of every message. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/store/store.h"

namespace kubediag::diagnosis {

// KubeDiag 0.2: reasons of its Events.
inline constexpr char kEventDiagnosisFailed[] = "DiagnosisFailed";
inline constexpr char kEventDiagnosisSucceeded[] = "DiagnosisSucceeded";
inline constexpr char kEventOperationFailed[] = "OperationFailed";
inline constexpr char kEventOperationSucceeded[] = "OperationSucceeded";

class Events {
 public:
  Events(store::Store& store, const api::Diagnosis& diagnosis)
      : store_(store), diagnosis_(diagnosis) {}

  // `capability` must not appear in any event from now on; an empty one hides nothing.
  void Hide(std::string capability);
  void Record(store::EventType type, const char* reason, std::string message);

 private:
  store::Store& store_;
  const api::Diagnosis diagnosis_;
  std::mutex mutex_;
  std::vector<std::string> hidden_;
};

}  // namespace kubediag::diagnosis
