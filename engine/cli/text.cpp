#include "engine/cli/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "engine/core/utf8.h"

namespace kubediag::cli {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 1;
  bool valid = false;
};

// The code point at the front of `text`, which is not empty.
CodePoint Next(std::string_view text) {
  const size_t bytes = Utf8Length(text);
  if (bytes == 0) return {};
  return {CodePointOf(text.substr(0, bytes)), bytes, true};
}

// C1 controls, and characters that reorder or hide text.
bool IsHarmful(uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0) || (value >= 0x200B && value <= 0x200F) ||
         (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069) ||
         value == 0xFEFF;
}

size_t WidthOf(uint32_t value) {
  struct Range {
    uint32_t first;
    uint32_t last;
  };
  constexpr std::array<Range, 11> kWide = {{{0x1100, 0x115F},
                                            {0x2E80, 0x303E},
                                            {0x3041, 0xA4CF},
                                            {0xAC00, 0xD7A3},
                                            {0xF900, 0xFAFF},
                                            {0xFE30, 0xFE6F},
                                            {0xFF00, 0xFF60},
                                            {0xFFE0, 0xFFE6},
                                            {0x1F300, 0x1F64F},
                                            {0x1F900, 0x1F9FF},
                                            {0x20000, 0x3FFFD}}};
  if (value >= 0x300 && value <= 0x36F) return 0;  // combining marks
  const bool wide = std::any_of(kWide.begin(), kWide.end(), [value](const Range& range) {
    return value >= range.first && value <= range.last;
  });
  return wide ? 2 : 1;
}

template <typename Number>
std::string WithUnit(Number number, const char* unit) {
  return std::to_string(number) + " " + unit;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = Next(text);
    if (next.value == '\n' || next.value == '\t' || next.value == '\r') {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else if (!next.valid || IsHarmful(next.value)) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, next.bytes));
    }
    text.remove_prefix(next.bytes);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const CodePoint next = Next(text);
    width += next.valid ? WidthOf(next.value) : 1;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string Fit(std::string_view text, size_t columns, std::string_view mark) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string out;
  size_t width = 1;  // of the ellipsis
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint next = Next(rest);
    const size_t wide = next.valid ? WidthOf(next.value) : 1;
    if (width + wide > columns) break;
    width += wide;
    out.append(rest.substr(0, next.bytes));
    rest.remove_prefix(next.bytes);
  }
  return out.append(mark);
}

std::string Wrap(std::string_view text, size_t start, size_t columns, size_t indent) {
  std::string out;
  size_t column = start;
  while (!text.empty()) {
    const size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    const size_t end = std::min(text.find(' ', blanks), text.size());
    const std::string_view word = text.substr(blanks, end - blanks);
    const size_t width = DisplayWidth(word);
    if (column + blanks + width > columns && column > indent) {
      out.append("\n").append(indent, ' ').append(word);
      column = indent + width;
    } else {
      out.append(text.substr(0, end));
      column += blanks + width;
    }
    text.remove_prefix(end);
  }
  return out;
}

std::string PadRight(std::string_view text, size_t columns) {
  std::string out(text);
  const size_t width = DisplayWidth(text);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  using std::chrono::seconds;
  const double whole = std::chrono::duration<double>(duration).count();
  constexpr double kMinute = 60;
  if (whole < kMinute - 0.05) {
    char text[32];
    std::snprintf(text, sizeof text, whole < 9.995 ? "%.2f s" : "%.1f s", whole);
    return text;
  }
  const auto total = std::chrono::duration_cast<seconds>(duration + std::chrono::milliseconds(500));
  const auto minutes = total.count() / 60;
  if (minutes < 60) {
    const auto left = total.count() % 60;
    return WithUnit(minutes, "min") + (left > 0 ? " " + WithUnit(left, "s") : "");
  }
  const auto left = minutes % 60;
  return WithUnit(minutes / 60, "h") + (left > 0 ? " " + WithUnit(left, "min") : "");
}

std::string FormatAge(std::chrono::seconds age) {
  const auto whole = std::max<std::chrono::seconds::rep>(age.count(), 0);
  constexpr std::chrono::seconds::rep kMinute = 60;
  constexpr std::chrono::seconds::rep kHour = 60 * kMinute;
  constexpr std::chrono::seconds::rep kDay = 24 * kHour;
  if (whole < 2 * kMinute) return WithUnit(whole, "s");
  if (whole < 2 * kHour) return WithUnit(whole / kMinute, "min");
  if (whole < 2 * kDay) return WithUnit(whole / kHour, "h");
  return WithUnit(whole / kDay, "d");
}

std::string Counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string Ordinal(size_t number) {
  constexpr std::array<const char*, 10> kNames = {"first", "second",  "third",  "fourth", "fifth",
                                                  "sixth", "seventh", "eighth", "ninth",  "tenth"};
  if (number >= 1 && number <= kNames.size()) return kNames[number - 1];
  const size_t teens = number % 100;
  const char* suffix = "th";
  if (teens < 11 || teens > 13) {
    if (number % 10 == 1) suffix = "st";
    if (number % 10 == 2) suffix = "nd";
    if (number % 10 == 3) suffix = "rd";
  }
  return std::to_string(number) + suffix;
}

}  // namespace kubediag::cli
