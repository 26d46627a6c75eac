// How a run ends: success, or a Failure with a reason and a message.
//
//   if (folder.empty()) return kubediag::Failure("FolderEmpty", "nothing to look at in " + path);
//   return kubediag::Outcome::Success();
//
// A Failure may also be thrown, from however deep in the operation.
#pragma once

#include <kubediag/abi.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace kubediag {

class Failure : public std::runtime_error {
 public:
  // `reason` is one CamelCase word that programs compare; `message` a lower-case phrase that tells
  // people what failed, on what, and why. `code` is one of KUBEDIAG_…, not KUBEDIAG_OK.
  [[nodiscard]] Failure(std::string reason, const std::string& message,
                        kubediag_code code = KUBEDIAG_FAILED_PRECONDITION)
      : std::runtime_error(message), reason_(std::move(reason)), code_(code) {}

  const std::string& reason() const { return reason_; }
  const char* message() const { return what(); }
  kubediag_code code() const { return code_; }

 private:
  std::string reason_;
  kubediag_code code_;
};

class [[nodiscard]] Outcome {
 public:
  static Outcome Success() { return Outcome(); }
  // NOLINTNEXTLINE(google-explicit-constructor): so that `return Failure(…)` is all it takes.
  Outcome(Failure failure) : failure_(std::move(failure)) {}

  bool ok() const { return !failure_; }
  // Only of an outcome that is not ok().
  const Failure& failure() const { return *failure_; }

 private:
  Outcome() = default;

  std::optional<Failure> failure_;
};

}  // namespace kubediag
