#include "engine/catalog/nearest_names.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace kubediag::catalog {
namespace {

constexpr size_t kMaxSuggestions = 3;
constexpr size_t kMaxComparedBytes = 128;  // longer names are nobody's slip of the finger

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);  // of the row two above
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view name,
                                      const std::vector<std::string>& names) {
  constexpr size_t kMinContained = 3;
  if (name.size() > kMaxComparedBytes) return {};
  const size_t allowed = std::max<size_t>(1, name.size() / 3);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : names) {
    if (candidate.size() > kMaxComparedBytes) continue;
    const size_t distance = EditDistance(name, candidate);
    const bool contained =
        std::min(name.size(), candidate.size()) >= kMinContained &&
        (candidate.find(name) != std::string::npos || name.find(candidate) != std::string::npos);
    if (distance <= allowed || contained) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > kMaxSuggestions) near.resize(kMaxSuggestions);
  std::vector<std::string> nearest;
  nearest.reserve(near.size());
  for (auto& [distance, candidate] : near) nearest.push_back(std::move(candidate));
  return nearest;
}

}  // namespace kubediag::catalog
