// Terminal: what may be written to a descriptor: plain lines, or colours and lines that change.
// A value; the functions are thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kubediag::cli {

enum class Colour { kNone, kGreen, kRed, kYellow, kDim, kBold };

struct Terminal {
  int fd = -1;
  bool live = false;     // lines may be redrawn
  bool colour = false;   // also NO_COLOR is not set
  bool unicode = false;  // the locale's characters are UTF-8

  // As the descriptor and the environment (NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG) say.
  static Terminal Detect(int fd);

  // Its width now; 80 if unknown.
  size_t Columns() const;
  std::string Paint(std::string_view text, Colour colour) const;
};

}  // namespace kubediag::cli
