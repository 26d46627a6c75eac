#include "engine/diagnosis/events.h"

#include <utility>

namespace kubediag::diagnosis {

void Events::Hide(std::string capability) {
  if (capability.empty()) return;
  const std::lock_guard lock(mutex_);
  hidden_.push_back(std::move(capability));
}

void Events::Record(store::EventType type, const char* reason, std::string message) {
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& capability : hidden_) {
      for (size_t at = message.find(capability); at != std::string::npos;
           at = message.find(capability, at)) {
        message.replace(at, capability.size(), "…");
      }
    }
  }
  store_.RecordEvent(diagnosis_, {.type = type, .reason = reason, .message = std::move(message)});
}

}  // namespace kubediag::diagnosis
