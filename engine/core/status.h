// Status: what an operation that can fail returns when it has no value.
//
// A Status is ok, or carries three things: a code (what kind of failure, for programs), a reason
// (one CamelCase word that ends in a condition or in status.operations, e.g. "OperationCrashed")
// and a message (a lower-case phrase for people that names what failed, on what, and why).
// Immutable after construction; const methods may be called from several threads. Ignoring a
// returned Status does not compile cleanly: it is nodiscard.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kubediag {

enum class StatusCode {
  kOk = 0,
  kInvalidArgument,     // the caller or the user gave something malformed
  kNotFound,            // a named thing does not exist
  kAlreadyExists,       // a thing that must be new exists
  kPermissionDenied,    // a rule forbids it
  kFailedPrecondition,  // the system is not in the state this needs
  kResourceExhausted,   // a cap was reached
  kDeadlineExceeded,    // time ran out
  kCancelled,           // somebody asked to stop
  kUnavailable,         // a peer or a file system did not answer; a retry may help
  kDataLoss,            // bytes are corrupt or cut off
  kUnimplemented,       // this build does not have it
  kInternal,            // an invariant of our own is broken
};

// "InvalidArgument", "NotFound", …: also the default reason of a Status.
std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message);
  Status(StatusCode code, std::string reason, std::string message);

  static Status Ok() { return {}; }
  static Status InvalidArgument(std::string message);
  static Status NotFound(std::string message);
  static Status AlreadyExists(std::string message);
  static Status PermissionDenied(std::string message);
  static Status FailedPrecondition(std::string message);
  static Status ResourceExhausted(std::string message);
  static Status DeadlineExceeded(std::string message);
  static Status Cancelled(std::string message);
  static Status Unavailable(std::string message);
  static Status DataLoss(std::string message);
  static Status Unimplemented(std::string message);
  static Status Internal(std::string message);
  // `what` plus the text of errno value `error`, with the code that fits the errno.
  static Status FromErrno(std::string_view what, int error);

  bool ok() const { return rep_ == nullptr; }
  StatusCode code() const { return rep_ ? rep_->code : StatusCode::kOk; }
  // Empty for ok.
  const std::string& reason() const;
  const std::string& message() const;

  // The same failure under another reason, or with "prefix: " before its message. Ok stays ok.
  Status WithReason(std::string reason) const;
  Status Annotate(std::string_view prefix) const;

  // "ok" or "Reason: message".
  std::string ToString() const;

  friend bool operator==(const Status& a, const Status& b);

 private:
  struct Rep {
    StatusCode code;
    std::string reason;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;  // null for ok: success costs nothing
};

}  // namespace kubediag

// Leaves the calling function with the Status of `expression` unless that is ok.
#define KUBEDIAG_RETURN_IF_ERROR(expression)                                      \
  do {                                                                            \
    if (::kubediag::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)
