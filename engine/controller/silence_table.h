// SilenceTable: for how long objects have not changed, by the clock of whoever asks.
//
// Not thread-safe. In each turn every object of interest is noted; those that were not are
// forgotten at its end.
#pragma once

#include <map>
#include <string>

#include "engine/kube/clock.h"

namespace kubediag::controller {

class SilenceTable {
 public:
  // How long `uid` has been of this version, as far as it was noted.
  kube::Clock::Duration Note(const std::string& uid, const std::string& resource_version,
                             kube::Clock::TimePoint now);
  void EndTurn();
  // Nothing could be heard for a while: what was noted so far does not count.
  void StartAnew() { entries_.clear(); }

 private:
  struct Entry {
    std::string resource_version;
    kube::Clock::TimePoint since;
    bool noted = true;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace kubediag::controller
