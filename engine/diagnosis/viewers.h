// Viewers: operations that have given their results and live on to serve them (a profile's page,
// say).
//
// All methods are thread-safe. A viewer ends at its expiry, when its operation ends, or with
// Stop/StopAll/destruction; then its processes are gone and its port is free.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/operation/runner.h"

namespace kubediag::diagnosis {

class RunLock;

enum class ViewerEnd { kExpired, kExitedEarly, kStopped };

struct Viewer {
  std::string uid;  // of the Diagnosis
  int64_t node = 0;
  std::string operation;
  std::chrono::system_clock::time_point expires;
  std::unique_ptr<operation::OperationRun> run;  // serving
  UniqueFd listen_socket;
  UniqueFd artifact_directory;
  std::shared_ptr<RunLock> keep;       // held as long as the viewer lives
  std::shared_ptr<const void> module;  // likewise: the copy of its module, to serve again
  // Called once, from the viewer's thread, when nothing of it lives any more; it may take its time,
  // until the viewer is stopped. Must not call back.
  std::function<void(ViewerEnd, const std::stop_token&)> on_ended;
};

class Viewers {
 public:
  explicit Viewers(size_t capacity);
  ~Viewers();  // StopAll
  Viewers(const Viewers&) = delete;
  Viewers& operator=(const Viewers&) = delete;

  // A place for a viewer to come, given back when the ticket is destroyed; null if all are taken.
  using Ticket = std::shared_ptr<void>;
  Ticket Reserve();
  // So many at once, or none.
  std::vector<Ticket> Reserve(size_t count);
  // Whether Reserve would have one now.
  bool HasPlace() const { return taken_->load() < capacity_; }

  void Add(Viewer viewer, Ticket ticket);

  size_t Count() const;
  size_t CountOf(const std::string& uid) const;
  bool Serves(const std::string& uid, int64_t node) const;
  // The lock that the viewers of this Diagnosis keep, null if there are none.
  std::shared_ptr<RunLock> KeptFor(const std::string& uid) const;
  // Waits until none lives any more and their ends have been told (true) or `stop` (false).
  bool WaitUntilNone(std::stop_token stop) const;
  // End viewers and return when nothing of them lives: of one Diagnosis, or all.
  void Stop(const std::string& uid);
  void StopAll();

 private:
  struct Live;
  void Watch(Live& live);
  void StopIf(const std::function<bool(const Live&)>& chosen);

  const size_t capacity_;
  const std::shared_ptr<std::atomic<size_t>> taken_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::list<std::unique_ptr<Live>> live_;  // ended ones go with the next Add
};

}  // namespace kubediag::diagnosis
