// Cancellation: asks one or several runs to end, and says why. All methods are thread-safe; the
// first cause counts.
#pragma once

#include <atomic>
#include <stop_token>

namespace kubediag::diagnosis {

enum class CancelCause {
  kNone,
  kCancelled,  // a person's signal: Failed, reason Cancelled
  kSuspended,  // spec.suspend became true: Failed, reason Suspended
  kDeleted,    // the object is gone: nothing is written any more
  kTakenAway,  // somebody else has ended or claimed it: likewise
  kShutdown,   // the engine restarts: the journal stays open and the run resumes later
};

inline bool WritesNothing(CancelCause cause) {
  return cause == CancelCause::kDeleted || cause == CancelCause::kTakenAway;
}

class Cancellation {
 public:
  void Request(CancelCause cause) {
    CancelCause none = CancelCause::kNone;
    cause_.compare_exchange_strong(none, cause);
    source_.request_stop();
  }
  CancelCause cause() const { return cause_.load(); }
  bool requested() const { return source_.stop_requested(); }
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::atomic<CancelCause> cause_{CancelCause::kNone};
  std::stop_source source_;
};

}  // namespace kubediag::diagnosis
