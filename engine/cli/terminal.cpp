#include "engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace kubediag::cli {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// The first of the three that is set decides, as setlocale(3) has it.
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = Variable(name);
    if (value.empty()) continue;
    for (const std::string_view charset : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (value.find(charset) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

std::string_view CodeOf(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kNone:
      break;
  }
  return {};
}

}  // namespace

Terminal Terminal::Detect(int fd) {
  Terminal terminal;
  terminal.fd = fd;
  terminal.unicode = LocaleIsUtf8();
  terminal.live = isatty(fd) == 1 && !Variable("TERM").empty() && Variable("TERM") != "dumb";
  terminal.colour = terminal.live && Variable("NO_COLOR").empty();
  return terminal;
}

size_t Terminal::Columns() const {
  constexpr size_t kUsual = 80;
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

std::string Terminal::Paint(std::string_view text, Colour wanted) const {
  const std::string_view code = colour ? CodeOf(wanted) : std::string_view();
  if (code.empty()) return std::string(text);
  return std::string(code) + std::string(text) + "\x1b[0m";
}

}  // namespace kubediag::cli
