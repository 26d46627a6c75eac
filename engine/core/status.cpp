#include "engine/core/status.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace kubediag {
namespace {

StatusCode CodeOfErrno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return StatusCode::kNotFound;
    case EEXIST:
      return StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return StatusCode::kResourceExhausted;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
      return StatusCode::kInvalidArgument;
    case ETIMEDOUT:
      return StatusCode::kDeadlineExceeded;
    default:
      return StatusCode::kUnavailable;
  }
}

}  // namespace

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "Ok";
    case StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case StatusCode::kNotFound:
      return "NotFound";
    case StatusCode::kAlreadyExists:
      return "AlreadyExists";
    case StatusCode::kPermissionDenied:
      return "PermissionDenied";
    case StatusCode::kFailedPrecondition:
      return "FailedPrecondition";
    case StatusCode::kResourceExhausted:
      return "ResourceExhausted";
    case StatusCode::kDeadlineExceeded:
      return "DeadlineExceeded";
    case StatusCode::kCancelled:
      return "Cancelled";
    case StatusCode::kUnavailable:
      return "Unavailable";
    case StatusCode::kDataLoss:
      return "DataLoss";
    case StatusCode::kUnimplemented:
      return "Unimplemented";
    case StatusCode::kInternal:
      return "Internal";
  }
  return "Internal";
}

Status::Status(StatusCode code, std::string message)
    : Status(code, std::string(StatusCodeName(code)), std::move(message)) {}

Status::Status(StatusCode code, std::string reason, std::string message) {
  if (code == StatusCode::kOk) return;
  rep_ = std::make_shared<const Rep>(Rep{code, std::move(reason), std::move(message)});
}

Status Status::InvalidArgument(std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message)};
}
Status Status::NotFound(std::string message) { return {StatusCode::kNotFound, std::move(message)}; }
Status Status::AlreadyExists(std::string message) {
  return {StatusCode::kAlreadyExists, std::move(message)};
}
Status Status::PermissionDenied(std::string message) {
  return {StatusCode::kPermissionDenied, std::move(message)};
}
Status Status::FailedPrecondition(std::string message) {
  return {StatusCode::kFailedPrecondition, std::move(message)};
}
Status Status::ResourceExhausted(std::string message) {
  return {StatusCode::kResourceExhausted, std::move(message)};
}
Status Status::DeadlineExceeded(std::string message) {
  return {StatusCode::kDeadlineExceeded, std::move(message)};
}
Status Status::Cancelled(std::string message) {
  return {StatusCode::kCancelled, std::move(message)};
}
Status Status::Unavailable(std::string message) {
  return {StatusCode::kUnavailable, std::move(message)};
}
Status Status::DataLoss(std::string message) { return {StatusCode::kDataLoss, std::move(message)}; }
Status Status::Unimplemented(std::string message) {
  return {StatusCode::kUnimplemented, std::move(message)};
}
Status Status::Internal(std::string message) { return {StatusCode::kInternal, std::move(message)}; }

Status Status::FromErrno(std::string_view what, int error) {
  return {CodeOfErrno(error),
          std::string(what) + ": " + std::error_code(error, std::generic_category()).message()};
}

namespace {
const std::string& EmptyString() {
  static const std::string* const empty = new std::string();
  return *empty;
}
}  // namespace

const std::string& Status::reason() const { return rep_ ? rep_->reason : EmptyString(); }
const std::string& Status::message() const { return rep_ ? rep_->message : EmptyString(); }

Status Status::WithReason(std::string reason) const {
  if (ok()) return {};
  return {rep_->code, std::move(reason), rep_->message};
}

Status Status::Annotate(std::string_view prefix) const {
  if (ok()) return {};
  return {rep_->code, rep_->reason, std::string(prefix) + ": " + rep_->message};
}

std::string Status::ToString() const { return ok() ? "ok" : rep_->reason + ": " + rep_->message; }

bool operator==(const Status& a, const Status& b) {
  if (a.ok() || b.ok()) return a.ok() == b.ok();
  return a.code() == b.code() && a.reason() == b.reason() && a.message() == b.message();
}

}  // namespace kubediag
