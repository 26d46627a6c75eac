#include "engine/controller/silence_table.h"

namespace kubediag::controller {

kube::Clock::Duration SilenceTable::Note(const std::string& uid,
                                         const std::string& resource_version,
                                         kube::Clock::TimePoint now) {
  Entry& entry = entries_[uid];
  if (entry.resource_version != resource_version) {
    entry = {.resource_version = resource_version, .since = now};
  }
  entry.noted = true;
  return now - entry.since;
}

void SilenceTable::EndTurn() {
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.noted; });
  for (auto& [uid, entry] : entries_) entry.noted = false;
}

}  // namespace kubediag::controller
