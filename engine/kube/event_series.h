// EventSeries: which of the things that happened are a new Event, and which one more of a series.
//
// Not thread-safe. Time is given by the caller. Bounded: the series that was quiet for longest is
// forgotten first.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/deadline.h"
#include "engine/kube/paths.h"
#include "engine/store/store.h"

namespace kubediag::kube {

// The object an Event is about.
struct Regarding {
  Resource resource;
  std::string namespace_name;  // empty: cluster-scoped, its Events are in "default"
  std::string name;
  std::string uid;
};

struct Occurrence {
  Regarding regarding;
  std::string action;
  store::Event event;
  std::chrono::system_clock::time_point time;
};

// What to send.
struct EventWrite {
  bool is_new = false;  // create `body`, else merge `patch` into the Event of this name
  std::string namespace_name;
  std::string name;
  std::string body;  // the whole Event, series included, also for a patch whose Event has expired
  std::string patch;
};

class EventSeries {
 public:
  using TimePoint = Deadline::Clock::time_point;

  EventSeries(std::string controller, std::string instance);

  // nullopt: counted, nothing to send yet.
  std::optional<EventWrite> Add(const Occurrence& occurrence, TimePoint now);
  // The series whose count is to be written now, because they ended or went on for long.
  std::vector<EventWrite> Due(TimePoint now);
  // When Due() is to be asked next; max() if nothing is counted.
  TimePoint NextDue() const;
  size_t size() const { return series_.size(); }

 private:
  struct Series {
    Occurrence first;
    int64_t count = 1;
    int64_t written = 1;
    std::chrono::system_clock::time_point last;
    TimePoint last_seen;
    TimePoint last_write;
  };

  std::string KeyOf(const Occurrence& occurrence) const;
  EventWrite WriteOf(const std::string& key, Series& series, bool is_new, TimePoint now) const;

  const std::string controller_;
  const std::string instance_;
  std::map<std::string, Series> series_;
};

}  // namespace kubediag::kube
