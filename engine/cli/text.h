// Text for people's screens: foreign strings made harmless, durations and widths. Pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kubediag::cli {

// One line of printable text: an operation's message must not move the cursor or change colours.
// Line ends become spaces; other control characters and bytes that are not UTF-8 become '?'.
std::string Printable(std::string_view text);

// Columns a terminal needs for `text` (East Asian wide characters take two).
size_t DisplayWidth(std::string_view text);
// At most `columns` wide; what is cut off is shown as `mark`, which is one column wide.
std::string Fit(std::string_view text, size_t columns, std::string_view mark = "…");
// In lines of at most `columns`, broken at blanks; the first one begins at column `start`, the
// others are indented by `indent`. A word that is too long for a line stays whole: it may be a URL.
std::string Wrap(std::string_view text, size_t start, size_t columns, size_t indent);
// Followed by spaces up to `columns`.
std::string PadRight(std::string_view text, size_t columns);

// "0.31 s", "12.4 s", "3 min 5 s", "2 h 1 min".
std::string FormatDuration(std::chrono::nanoseconds duration);
// The same without fractions, in its largest units: "12 s", "5 min", "2 h", "3 d".
std::string FormatAge(std::chrono::seconds age);

// "1 error", "2 errors".
std::string Counted(size_t count, std::string_view noun);
// "first" … "tenth", then "11th".
std::string Ordinal(size_t number);

}  // namespace kubediag::cli
