#include "engine/api/cursor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/api/time.h"
#include "engine/core/limits.h"
#include "engine/core/nearest_names.h"
#include "engine/core/utf8.h"

namespace kubediag::api {
namespace {

constexpr size_t kMaxShownBytes = 512;  // of what a file holds, in each part of a message

}  // namespace

void Report::Add(Severity severity, Position position, const std::string& field,
                 const std::string& message) {
  const bool is_error = severity == Severity::kError;
  if (is_error && error_fields.size() < kMaxManifestDiagnostics) error_fields.push_back(field);
  if (diagnostics.size() >= kMaxManifestDiagnostics) {
    ++omitted;
    omitted_errors += is_error ? 1 : 0;
    return;
  }
  diagnostics.push_back({severity, file, position.line, position.column,
                         Shorten(object, kMaxShownBytes), Shorten(field, kMaxShownBytes),
                         Shorten(message, kMaxShownBytes)});
}

Cursor::Cursor(const Cursor& parent, const Value& value, Step step, std::string_view name,
               size_t index)
    : parent_(&parent),
      value_(value),
      report_(parent.report_),
      step_(step),
      name_(name),
      index_(index),
      lenient_(parent.lenient_) {}

Cursor Cursor::Field(size_t index) const {
  return {*this, value_.items[index], Step::kField, value_.keys[index].name, index};
}
Cursor Cursor::Entry(size_t index) const {
  return {*this, value_.items[index], Step::kEntry, value_.keys[index].name, index};
}
Cursor Cursor::Item(size_t index) const {
  return {*this, value_.items[index], Step::kItem, {}, index};
}
Cursor Cursor::Lenient() const {
  Cursor lenient = *this;
  lenient.lenient_ = true;
  return lenient;
}

std::string Cursor::Path() const {
  if (step_ == Step::kRoot) return "";
  std::string path = parent_->Path();
  if (step_ == Step::kItem) return path + "[" + std::to_string(index_) + "]";
  if (step_ == Step::kEntry) return path + "[" + std::string(name_) + "]";
  return path.empty() ? std::string(name_) : path + "." + std::string(name_);
}

Position Cursor::Place() const {
  if (value_.position.line > 0 && value_.kind != Value::Kind::kNull) return value_.position;
  if (parent_ == nullptr) return value_.position;
  if (step_ == Step::kItem) return value_.position.line > 0 ? value_.position : parent_->Place();
  return parent_->value_.keys[index_].position;
}

void Cursor::ReportAt(Severity severity, Position position, const std::string& message) const {
  report_.Add(lenient_ ? Severity::kWarning : severity, position, Path(), message);
}
void Cursor::Error(const std::string& message) const {
  ReportAt(Severity::kError, Place(), message);
}
void Cursor::Warn(const std::string& message) const {
  ReportAt(Severity::kWarning, Place(), message);
}
void Cursor::ErrorAtKey(const std::string& message) const {
  ReportAt(Severity::kError, parent_->value_.keys[index_].position, message);
}
void Cursor::WarnAtKey(const std::string& message) const {
  ReportAt(Severity::kWarning, parent_->value_.keys[index_].position, message);
}

void Cursor::WrongType(std::string_view expected) const {
  Error("expected " + std::string(expected) + ", not " + Describe(value_));
}

std::optional<std::string> Cursor::String() const {
  if (value_.kind == Value::Kind::kString) return value_.text;
  const bool quotable = value_.is_scalar() && value_.kind != Value::Kind::kNull;
  if (quotable) {
    Error("expected a string, not " + Describe(value_) + "; quote it: \"" + value_.text + "\"");
  } else {
    WrongType("a string");
  }
  return std::nullopt;
}

std::optional<int64_t> Cursor::Int64() const {
  if (value_.kind != Value::Kind::kInteger) {
    WrongType("an integer");
    return std::nullopt;
  }
  auto number = value_.AsInteger();
  if (!number) Error(value_.text + " is out of range");
  return number;
}

std::optional<int32_t> Cursor::Int32() const {
  const auto number = Int64();
  if (!number) return std::nullopt;
  if (*number < std::numeric_limits<int32_t>::min() ||
      *number > std::numeric_limits<int32_t>::max()) {
    Error(value_.text + " is out of range");
    return std::nullopt;
  }
  return static_cast<int32_t>(*number);
}

std::optional<bool> Cursor::Boolean() const {
  if (value_.kind != Value::Kind::kBoolean) WrongType("true or false");
  return value_.AsBoolean();
}

std::optional<Time> Cursor::ReadTime() const {
  const auto time = value_.kind == Value::Kind::kString ? ParseTime(value_.text) : std::nullopt;
  if (!time) WrongType("a time like 2006-01-02T15:04:05Z");
  return time;
}

StringMap Cursor::Strings() const {
  StringMap strings;
  if (!IsMap()) return strings;
  for (size_t i = 0; i < value_.keys.size(); ++i) {
    if (auto text = Entry(i).String()) strings.emplace(value_.keys[i].name, *std::move(text));
  }
  return strings;
}

std::vector<std::string> Cursor::StringList() const {
  std::vector<std::string> strings;
  if (!IsList()) return strings;
  for (size_t i = 0; i < value_.items.size(); ++i) {
    if (auto text = Item(i).String()) strings.push_back(*std::move(text));
  }
  return strings;
}

std::vector<int64_t> Cursor::IntegerList() const {
  std::vector<int64_t> integers;
  if (!IsList()) return integers;
  for (size_t i = 0; i < value_.items.size(); ++i) {
    if (const auto number = Item(i).Int64()) integers.push_back(*number);
  }
  return integers;
}

bool Cursor::IsMap() const {
  if (value_.kind != Value::Kind::kMap) WrongType("a map");
  return value_.kind == Value::Kind::kMap;
}

bool Cursor::IsList() const {
  if (value_.kind != Value::Kind::kList) WrongType("a list");
  return value_.kind == Value::Kind::kList;
}

void WarnUnknown(const Cursor& map, size_t index, std::span<const std::string_view> known) {
  const std::string_view nearest = NearestName(map.value().keys[index].name, known);
  map.Field(index).WarnAtKey(nearest.empty() ? std::string("unknown field, ignored")
                                             : "unknown field, ignored; did you mean " +
                                                   std::string(nearest) + "?");
}

}  // namespace kubediag::api
