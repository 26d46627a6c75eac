#include "engine/cli/table.h"

#include <algorithm>
#include <utility>

#include "engine/cli/text.h"

namespace kubediag::cli {

void Table::Add(std::vector<std::string> row) {
  row.resize(rows_.front().size());
  for (std::string& cell : row) {
    cell = Printable(cell);
    if (cell.empty()) cell = "<none>";
  }
  rows_.push_back(std::move(row));
}

std::string Table::Text() const {
  constexpr size_t kGap = 3;
  std::vector<size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (size_t i = 0; i + 1 < row.size(); ++i) text += PadRight(row[i], widths[i] + kGap);
    text += row.back() + "\n";
  }
  return text;
}

}  // namespace kubediag::cli
