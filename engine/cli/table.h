// Table: rows in columns, as kubectl prints them: three spaces between columns, "<none>" for an
// empty cell. A value; not thread-safe.
#pragma once

#include <string>
#include <vector>

namespace kubediag::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

  // As many cells as the header has. Cells are made printable.
  void Add(std::vector<std::string> row);
  // Lines, header first, each with its end.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace kubediag::cli
