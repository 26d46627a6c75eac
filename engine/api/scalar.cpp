#include "engine/api/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace kubediag::api {
namespace {

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 22> kBooleans = {
    "y", "Y", "yes", "Yes", "YES", "on",  "On",  "ON",  "true",  "True",  "TRUE",
    "n", "N", "no",  "No",  "NO",  "off", "Off", "OFF", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 12> kSpecialFloats = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                             "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                             "-.INF", ".nan",  ".NaN",  ".NAN"};

template <size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits as the reader takes them: sign apart, base prefix apart, underscores out.
struct IntegerParts {
  bool negative = false;
  int base = 10;
  std::string digits;
};

std::optional<IntegerParts> SplitInteger(std::string_view text) {
  IntegerParts parts;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  if (text.size() > 2 && text[0] == '0') {
    const char marker = text[1];
    if (marker == 'x') parts.base = 16;
    if (marker == 'b') parts.base = 2;
    if (marker == 'o') parts.base = 8;
  }
  if (parts.base != 10) {
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    parts.base = 8;
    text.remove_prefix(1);
  }
  for (const char c : text) {
    if (c == '_') continue;
    const char lower = static_cast<char>(c | 0x20);
    const int digit = IsDigit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
    if (digit >= parts.base) return std::nullopt;
    parts.digits += c;
  }
  if (parts.digits.empty()) return std::nullopt;
  return parts;
}

// [-+]? ( . digits | digits [ . digits? ] ) [ (e|E) [-+]? digits ]
bool IsFloat(std::string_view text) {
  size_t at = 0;
  const auto skip_digits = [&] {
    const size_t start = at;
    while (at < text.size() && (IsDigit(text[at]) || (text[at] == '_' && at > start))) ++at;
    return at > start;
  };
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  const bool whole = skip_digits();
  bool fraction = false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = skip_digits();
  }
  if (!whole && !fraction) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!skip_digits()) return false;
  }
  return at == text.size();
}

// "2026-11-23…": readers of YAML 1.1 make a time of it.
bool LooksLikeTime(std::string_view text) {
  return text.size() >= 8 && std::all_of(text.begin(), text.begin() + 4, IsDigit) &&
         text[4] == '-' && IsDigit(text[5]);
}

// "12:30:45" is a number to the base of 60 in YAML 1.1.
bool LooksSexagesimal(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789:_.+-") == std::string_view::npos;
}

}  // namespace

Value::Kind ResolvePlainScalar(std::string_view text) {
  if (Contains(kNulls, text)) return Value::Kind::kNull;
  if (Contains(kBooleans, text)) return Value::Kind::kBoolean;
  const char first = text[0];
  if (!IsDigit(first) && first != '+' && first != '-' && first != '.') return Value::Kind::kString;
  if (SplitInteger(text)) return Value::Kind::kInteger;
  if (IsFloat(text) || Contains(kSpecialFloats, text)) return Value::Kind::kFloat;
  return Value::Kind::kString;
}

std::optional<int64_t> ParseYamlInteger(std::string_view text) {
  const auto parts = SplitInteger(text);
  if (!parts) return std::nullopt;
  const std::string digits = (parts->negative ? "-" : "") + parts->digits;
  int64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, parts->base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

bool IsAmbiguous(std::string_view text) {
  return ResolvePlainScalar(text) != Value::Kind::kString || LooksLikeTime(text) ||
         LooksSexagesimal(text) || text == "=" || text == "<<";
}

}  // namespace kubediag::api
