// Result<T>: a value, or the Status that says why there is none.
//
// Reading the value of a failed Result ends the program: check ok() first. Not thread-safe beyond
// what T is.
#pragma once

#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/core/status.h"

namespace kubediag {

template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<std::remove_cv_t<T>, Status>, "return a Status instead");

 public:
  // Implicit, so that functions can `return value;` and `return Status::NotFound(…);`.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : rep_(std::in_place_index<0>, std::move(value)) {}
  Result(Status status) : rep_(std::in_place_index<1>, std::move(status)) {
    if (std::get<1>(rep_).ok()) std::abort();  // ok without a value has no meaning
  }
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return rep_.index() == 0; }
  Status status() const { return ok() ? Status() : std::get<1>(rep_); }

  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &value(); }

 private:
  T& Checked() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&rep_);
  }

  std::variant<T, Status> rep_;
};

}  // namespace kubediag

#define KUBEDIAG_CONCAT_INNER(a, b) a##b
#define KUBEDIAG_CONCAT(a, b) KUBEDIAG_CONCAT_INNER(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses
// KUBEDIAG_ASSIGN_OR_RETURN(auto x, F()): x is F's value, or the calling function returns F's
// Status.
#define KUBEDIAG_ASSIGN_OR_RETURN(declaration, expression) \
  KUBEDIAG_ASSIGN_OR_RETURN_IMPL(KUBEDIAG_CONCAT(result_, __LINE__), declaration, expression)
#define KUBEDIAG_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result.ok()) return result.status();                             \
  declaration = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
