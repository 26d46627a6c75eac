#include "engine/core/rfc3339.h"

#include <cstdio>

namespace kubediag {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Reads digits of a fixed width; -1 if others stand there.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  int Number(size_t width) {
    int number = 0;
    for (size_t i = 0; i < width; ++i) {
      if (text_.empty() || text_[0] < '0' || text_[0] > '9') return Fail();
      number = number * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return number;
  }
  void Expect(char upper, char lower) {
    if (text_.empty() || (text_[0] != upper && text_[0] != lower)) {
      Fail();
      return;
    }
    text_.remove_prefix(1);
  }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void SkipDigits() {
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') text_.remove_prefix(1);
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && text_.empty(); }

 private:
  int Fail() {
    ok_ = false;
    return -1;
  }

  std::string_view text_;
  bool ok_ = true;
};

}  // namespace

std::string FormatRfc3339(sys_seconds time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<int>((time - day).count());
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                second / 3600, second / 60 % 60, second % 60);
  return text;
}

std::optional<sys_seconds> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  const int year = reader.Number(4);
  reader.Expect('-', '-');
  const int month = reader.Number(2);
  reader.Expect('-', '-');
  const int day = reader.Number(2);
  reader.Expect('T', 't');
  const int hour = reader.Number(2);
  reader.Expect(':', ':');
  const int minute = reader.Number(2);
  reader.Expect(':', ':');
  const int second = reader.Number(2);
  if (reader.Take('.')) {
    reader.Number(1);
    reader.SkipDigits();
  }
  int offset_minutes = 0;
  const bool ahead = reader.Take('+');
  if (ahead || reader.Take('-')) {
    const int hours = reader.Number(2);
    reader.Expect(':', ':');
    const int minutes = reader.Number(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset_minutes = (ahead ? 1 : -1) * (hours * 60 + minutes);
  } else {
    reader.Expect('Z', 'z');
  }
  if (!reader.done()) return std::nullopt;

  const std::chrono::year_month_day date(std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  constexpr int kLeapSecond = 60;
  if (!date.ok() || hour > 23 || minute > 59 || second > kLeapSecond) return std::nullopt;
  const std::chrono::sys_days midnight{date};
  return midnight + std::chrono::hours(hour) + std::chrono::minutes(minute - offset_minutes) +
         seconds(second);
}

}  // namespace kubediag
