// Cursor: a value of a document together with its field path, for reading typed fields.
//
// Not thread-safe. A Cursor borrows its parent, the Value and the Report: it lives on the stack of
// the function that reads. Reading functions report what is wrong and return nullopt; they never
// stop, so that all errors of an object come out at once. A null value counts as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/diagnostic.h"
#include "engine/api/objects.h"
#include "engine/api/value.h"

namespace kubediag::api {

// What has been found so far in one file, and about which object.
struct Report {
  std::string file;
  std::string object;
  std::vector<Diagnostic> diagnostics;
  size_t omitted = 0;                     // beyond kMaxManifestDiagnostics
  size_t omitted_errors = 0;              // of these
  std::vector<std::string> error_fields;  // of the present object

  void Add(Severity severity, Position position, const std::string& field,
           const std::string& message);
};

class Cursor {
 public:
  Cursor(const Value& value, Report& report) : value_(value), report_(report) {}

  // A field of this map, an entry of this map of free keys, an item of this list.
  Cursor Field(size_t index) const;
  Cursor Entry(size_t index) const;
  Cursor Item(size_t index) const;
  // The same place; errors are reported as warnings from here on, below it too.
  Cursor Lenient() const;

  const Value& value() const { return value_; }
  // The key this field or entry stands under; empty for an item and the root.
  std::string_view name() const { return name_; }
  std::string Path() const;

  void Error(const std::string& message) const;
  void Warn(const std::string& message) const;
  // Of a field or entry: at its key instead of at its value.
  void ErrorAtKey(const std::string& message) const;
  void WarnAtKey(const std::string& message) const;

  std::optional<std::string> String() const;
  std::optional<int64_t> Int64() const;
  std::optional<int32_t> Int32() const;
  std::optional<bool> Boolean() const;
  std::optional<Time> ReadTime() const;
  StringMap Strings() const;
  std::vector<std::string> StringList() const;
  std::vector<int64_t> IntegerList() const;

  // False, and an error, if this is something else.
  bool IsMap() const;
  bool IsList() const;

 private:
  enum class Step { kRoot, kField, kEntry, kItem };
  Cursor(const Cursor& parent, const Value& value, Step step, std::string_view name, size_t index);

  void WrongType(std::string_view expected) const;
  void ReportAt(Severity severity, Position position, const std::string& message) const;
  Position Place() const;

  const Cursor* parent_ = nullptr;
  const Value& value_;
  Report& report_;
  Step step_ = Step::kRoot;
  std::string_view name_;
  size_t index_ = 0;
  bool lenient_ = false;
};

// How one field is read into a T.
template <typename T>
struct FieldRule {
  std::string_view name;
  void (*read)(const Cursor& at, T& out);
};

// Warns about a field that is none of `known`.
void WarnUnknown(const Cursor& map, size_t index, std::span<const std::string_view> known);

// Reads the fields of a map by their rules. Fields named in `ignored` are passed over in silence.
template <typename T, size_t N>
void ReadFields(const Cursor& map, const FieldRule<T> (&rules)[N], T& out,
                std::span<const std::string_view> ignored = {}) {
  if (!map.IsMap()) return;
  for (size_t i = 0; i < map.value().keys.size(); ++i) {
    const std::string_view name = map.value().keys[i].name;
    const FieldRule<T>* rule = nullptr;
    for (const FieldRule<T>& candidate : rules) {
      if (candidate.name == name) rule = &candidate;
    }
    if (rule != nullptr) {
      const Value& item = map.value().items[i];
      const bool first = map.value().Find(name) == &item;
      if (first && item.kind != Value::Kind::kNull) rule->read(map.Field(i), out);
      continue;
    }
    bool is_ignored = false;
    for (const std::string_view candidate : ignored) is_ignored |= candidate == name;
    if (is_ignored) continue;
    std::vector<std::string_view> known;
    for (const FieldRule<T>& candidate : rules) known.push_back(candidate.name);
    WarnUnknown(map, i, known);
  }
}

}  // namespace kubediag::api
