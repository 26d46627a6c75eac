#include "engine/api/value.h"

#include <algorithm>
#include <array>

#include "engine/api/scalar.h"
#include "engine/core/utf8.h"

namespace kubediag::api {
namespace {

Value OfKind(Value::Kind kind, std::string text = {}) {
  Value value;
  value.kind = kind;
  value.text = std::move(text);
  return value;
}

constexpr size_t kMaxShownBytes = 40;

}  // namespace

Value Value::String(std::string text) { return OfKind(Kind::kString, std::move(text)); }
Value Value::Integer(int64_t number) { return OfKind(Kind::kInteger, std::to_string(number)); }
Value Value::Boolean(bool boolean) { return OfKind(Kind::kBoolean, boolean ? "true" : "false"); }
Value Value::List() { return OfKind(Kind::kList); }
Value Value::Map() { return OfKind(Kind::kMap); }

const Value* Value::Find(std::string_view name) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &items[static_cast<size_t>(found - keys.begin())];
}

void Value::Set(std::string_view name, Value value) {
  keys.push_back({std::string(name), {}});
  items.push_back(std::move(value));
}

std::optional<int64_t> Value::AsInteger() const {
  return kind == Kind::kInteger ? ParseYamlInteger(text) : std::nullopt;
}

std::optional<bool> Value::AsBoolean() const {
  if (kind != Kind::kBoolean) return std::nullopt;
  constexpr std::array<std::string_view, 4> kTrueInitials = {"y", "Y", "t", "T"};
  const std::string initial = text.substr(0, 1);
  const bool is_true =
      std::find(kTrueInitials.begin(), kTrueInitials.end(), initial) != kTrueInitials.end();
  return is_true || text == "on" || text == "On" || text == "ON";
}

std::string Describe(const Value& value) {
  const std::string shown = Shorten(value.text, kMaxShownBytes);
  switch (value.kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kBoolean:
      return "the boolean " + shown;
    case Value::Kind::kInteger:
    case Value::Kind::kFloat:
      return "the number " + shown;
    case Value::Kind::kString:
      return "the string \"" + shown + "\"";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace kubediag::api
