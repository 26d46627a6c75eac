#include "engine/cli/help_formatter.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "engine/cli/terminal.h"
#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

constexpr size_t kNarrowest = 40;
constexpr size_t kWidest = 100;  // longer lines are hard to read
constexpr size_t kNameColumn = 30;
constexpr size_t kNameColumnIfNarrow = 8;
constexpr size_t kNarrow = 60;
constexpr size_t kCommandIndent = 6;

std::string WrappedCommand(const std::string& line, size_t columns) {
  constexpr std::string_view kGoesOn = " \\";
  if (DisplayWidth(line) <= columns) return line;
  std::string wrapped = Wrap(line, 0, columns - kGoesOn.size(), kCommandIndent);
  for (size_t end = wrapped.find('\n'); end != std::string::npos;
       end = wrapped.find('\n', end + kGoesOn.size() + 1)) {
    wrapped.insert(end, kGoesOn);
  }
  return wrapped;
}

// Each line by itself.
std::string WrappedLines(const std::string& text, size_t columns) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool command = line.starts_with(' ');
    out += (command ? WrappedCommand(line, columns) : Wrap(line, 0, columns, 0)) + "\n";
  }
  return out;
}

}  // namespace

size_t HelpColumns() {
  size_t columns = 0;
  if (const char* variable = std::getenv("COLUMNS"); variable != nullptr) {
    const std::string_view text = variable;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc() || end != text.data() + text.size()) columns = 0;
  }
  if (columns == 0) columns = Terminal{.fd = STDOUT_FILENO}.Columns();
  return std::clamp(columns, kNarrowest, kWidest);
}

HelpFormatter::HelpFormatter(size_t columns) : columns_(columns) {
  column_width(columns < kNarrow ? kNameColumnIfNarrow : kNameColumn);
}

std::string HelpFormatter::Entry(const std::string& name, const std::string& text) const {
  const size_t indent = get_column_width();
  std::string entry = Wrap("  " + name, 0, columns_, 4);
  if (text.empty()) return entry + "\n";
  if (DisplayWidth(entry) + 1 > indent) entry += "\n";
  entry += std::string(entry.ends_with('\n') ? indent : indent - DisplayWidth(entry), ' ');
  return entry + Wrap(text, indent, columns_, indent) + "\n";
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return Entry(make_option_name(option, is_positional) + make_option_opts(option),
               make_option_desc(option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return Entry(command->get_display_name(true), command->get_description());
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return WrappedLines(CLI::Formatter::make_description(app), columns_);
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return WrappedLines(app->get_footer(), columns_);
}

}  // namespace kubediag::cli
