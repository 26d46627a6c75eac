// HelpFormatter: the help of kubediag and its subcommands, in lines no longer than the terminal is
// wide. Names of options stand in a column of their own and are never cut.
//
// A value; the functions are thread-safe.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace kubediag::cli {

// Columns for help on standard output: as COLUMNS or the terminal says, 80 if neither does, within
// what is readable.
size_t HelpColumns();

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(size_t columns);

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* app) const override;
  // Lines that begin with a blank are commands: a broken one can still be pasted.
  std::string make_footer(const CLI::App* app) const override;

 private:
  std::string Entry(const std::string& name, const std::string& text) const;

  size_t columns_;
};

}  // namespace kubediag::cli
