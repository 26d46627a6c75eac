#include "engine/core/nearest_names.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>

namespace kubediag {
namespace {

constexpr size_t kMaxSuggestions = 3;
constexpr size_t kMaxComparedBytes = 128;  // longer names are nobody's slip of the finger
constexpr size_t kMinContainedBytes = 3;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

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

// How far `candidate` is from the lower-case `name`; null if it is not near.
// Of dotted names the part that both begin with says nothing, and is left out.
std::optional<size_t> Distance(std::string_view name, std::string_view candidate) {
  if (name.size() > kMaxComparedBytes || candidate.size() > kMaxComparedBytes) return {};
  const std::string lower = LowerCase(candidate);
  std::string_view other = lower;
  const size_t differs = static_cast<size_t>(
      std::mismatch(name.begin(), name.end(), other.begin(), other.end()).first - name.begin());
  const size_t dot = differs == 0 ? std::string_view::npos : name.rfind('.', differs - 1);
  if (dot != std::string_view::npos) {
    name.remove_prefix(dot + 1);
    other.remove_prefix(dot + 1);
  }
  const size_t distance = EditDistance(name, other);
  if (distance <= std::max<size_t>(1, name.size() / 3)) return distance;
  const bool contained =
      std::min(name.size(), other.size()) >= kMinContainedBytes &&
      (other.find(name) != std::string::npos || name.find(other) != std::string::npos);
  return contained ? std::optional(distance) : std::nullopt;
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view name,
                                      const std::vector<std::string>& names) {
  const std::string lower = LowerCase(name);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : names) {
    if (const auto distance = Distance(lower, candidate)) near.emplace_back(*distance, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > kMaxSuggestions) near.resize(kMaxSuggestions);
  std::vector<std::string> nearest;
  nearest.reserve(near.size());
  for (auto& [distance, candidate] : near) nearest.push_back(std::move(candidate));
  return nearest;
}

std::string_view NearestName(std::string_view name, std::span<const std::string_view> names) {
  const std::string lower = LowerCase(name);
  std::string_view nearest;
  std::optional<size_t> least;
  for (const std::string_view candidate : names) {
    const auto distance = Distance(lower, candidate);
    if (!distance || (least && *least <= *distance)) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace kubediag
