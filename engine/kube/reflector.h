// Reflector: keeps an ObjectCache true to one resource of the API server, by list and watch.
//
// One thread calls Run(). The handler is called on the thread that reads the connection, one call
// at a time, and nothing is read meanwhile: it takes a note (a key in a WorkQueue) and returns.
// Borrows everything it is given. Failures are no errors here: it backs off and goes on until it is
// stopped, counts them (kubediag_watch_restarts_total{resource,reason}) and logs them.
//
// It goes on from the last version heard of whenever the server still knows it, so a cut costs
// neither a list nor an event. A list is compared with the cache, and what is missing is told as
// removed. If the server does not know the field selector, all objects are read, filtered here
// (kubediag_watch_client_side_filter), and the selector is tried again with each list.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "engine/core/logging.h"
#include "engine/kube/backoff.h"
#include "engine/kube/clock.h"
#include "engine/kube/list_all.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/paths.h"
#include "engine/kube/server_status.h"
#include "engine/kube/transport.h"
#include "engine/kube/watch_decoder.h"
#include "engine/metrics/registry.h"

namespace kubediag::kube {

class WatchHandler {
 public:
  virtual ~WatchHandler() = default;
  virtual void OnChange(const Change& change) = 0;
  // The cache holds a whole list, and its changes have been told: after the first one it is fit to
  // be acted upon.
  virtual void OnSynced() {}
};

struct WatchedResource {
  Resource resource;           // of a kind that engine/api knows
  std::string namespace_name;  // empty: all
  std::string field_selector;  // "spec.nodeName=node-1"; empty: all objects
  // What the field selector says, for servers that do not know it. Needed if there is one.
  std::function<bool(const api::Object& object)> is_selected;
  // A watch lasts half of it to all of it, so that a peer that has vanished without a word is found
  // out after as long, and at most kWatchIdleGrace more.
  std::chrono::seconds watch_timeout = kWatchTimeout;
};

struct ReflectorParts {
  Transport& transport;
  ObjectCache& cache;
  WatchHandler& handler;
  metrics::Registry& metrics;
  Logger& logger;
  Clock& clock;
  RandomSource random;
};

class Reflector {
 public:
  Reflector(WatchedResource watched, ReflectorParts parts);

  void Run(const std::stop_token& stop);

  // Whether the cache has held a whole list. Thread-safe.
  bool synced() const { return synced_; }
  // When the server last said anything, the clock's zero if never: for health checks. Thread-safe.
  Clock::TimePoint last_contact() const { return Clock::TimePoint(Clock::Duration(contact_)); }

 private:
  struct Attempt;  // one watch

  // What is to be done next, and why.
  struct Next {
    std::string reason;  // empty: nothing ended
    bool lists = false;
    bool waits = true;
    Status failure = {};
    std::optional<std::chrono::seconds> retry_after = std::nullopt;
  };

  Next List(const std::stop_token& stop);
  void TakeList(const ListAnswer& answer);
  Next Watch(const std::stop_token& stop);
  Result<std::string> WatchTarget(std::chrono::seconds timeout) const;
  Status TakeBytes(std::string_view bytes, Attempt& attempt);
  Status TakeEvent(const WatchEvent& event, Attempt& attempt);
  void TakeObject(const WatchEvent& event);
  Next AfterWatch(const Attempt& attempt, const Result<Response>& response);
  Next AfterRefusal(const ServerStatus& refusal, Status failure);

  metrics::Counter Restarts(const std::string& reason);
  void Note(const Next& next);
  Clock::Duration WaitBefore(const Next& next);
  void Tell(const std::vector<Change>& changes);
  bool LeavesOut(const api::Object& object) const;
  void FilterHere(bool here);
  void Heard() { contact_ = parts_.clock.Now().time_since_epoch().count(); }

  const WatchedResource watched_;
  ReflectorParts parts_;
  Backoff backoff_;
  metrics::Gauge filtering_;
  std::string version_;  // to watch from; empty: none, the next list asks for the newest state
  std::string newest_;   // the last one heard of
  bool filters_here_ = false;
  unsigned short_watches_ = 0;  // that said nothing, in a row
  bool unanswered_ = false;     // so the last try was
  std::atomic<bool> synced_ = false;
  std::atomic<Clock::Duration::rep> contact_ = 0;
};

}  // namespace kubediag::kube
