#include "plugins/go_profiler/report/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

namespace kubediag::report {
namespace {

struct Unit {
  std::string_view name;
  std::array<std::string_view, 3> aliases;  // lower case, singular
  double factor;                            // of the family's base unit
};

struct UnitFamily {
  std::span<const Unit> units;
  std::string_view default_name;  // for values no unit suits
  double default_factor;
};

constexpr Unit kBytes[] = {
    {"B", {"b", "byte"}, 1},
    {"kB", {"kb", "kbyte", "kilobyte"}, 1024.0},
    {"MB", {"mb", "mbyte", "megabyte"}, 1048576.0},
    {"GB", {"gb", "gbyte", "gigabyte"}, 1073741824.0},
    {"TB", {"tb", "tbyte", "terabyte"}, 1099511627776.0},
    {"PB", {"pb", "pbyte", "petabyte"}, 1125899906842624.0},
};
constexpr Unit kTimes[] = {
    {"ns", {"ns", "nanosecond"}, 1},    {"us", {"\u03bcs", "us", "microsecond"}, 1e3},
    {"ms", {"ms", "millisecond"}, 1e6}, {"s", {"s", "sec", "second"}, 1e9},
    {"hrs", {"hour", "hr"}, 3600e9},
};
constexpr Unit kComputeUnits[] = {
    {"n*GCU", {"nanogcu"}, 1e-9}, {"u*GCU", {"microgcu"}, 1e-6}, {"m*GCU", {"milligcu"}, 1e-3},
    {"GCU", {"gcu"}, 1},          {"k*GCU", {"kilogcu"}, 1e3},   {"M*GCU", {"megagcu"}, 1e6},
    {"G*GCU", {"gigagcu"}, 1e9},  {"T*GCU", {"teragcu"}, 1e12},  {"P*GCU", {"petagcu"}, 1e15},
};
constexpr UnitFamily kFamilies[] = {
    {kBytes, "B", 1},
    {kTimes, "s", 1e9},
    {kComputeUnits, "GCU", 1},
};

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

const Unit* FindUnit(const UnitFamily& family, std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.ends_with('s') && CountCharacters(name) > 2) name.pop_back();  // a plural
  if (name.empty()) return nullptr;
  for (const Unit& unit : family.units) {
    if (std::find(unit.aliases.begin(), unit.aliases.end(), name) != unit.aliases.end()) {
      return &unit;
    }
  }
  return nullptr;
}

bool IsAutomatic(std::string_view unit) { return unit == "minimum" || unit == "auto"; }

ScaledValue ScaleInFamily(const UnitFamily& family, double value, std::string_view to_unit) {
  const Unit* chosen = nullptr;
  if (IsAutomatic(to_unit)) {
    for (const Unit& unit : family.units) {
      if (value / unit.factor >= 1.0) chosen = &unit;
    }
  } else {
    chosen = FindUnit(family, to_unit);
  }
  if (chosen != nullptr) return {value / chosen->factor, std::string(chosen->name)};
  return {value / family.default_factor, std::string(family.default_name)};
}

}  // namespace

ScaledValue Scale(int64_t value, std::string_view from_unit, std::string_view to_unit) {
  if (value < 0 && value != INT64_MIN) {
    ScaledValue scaled = Scale(-value, from_unit, to_unit);
    scaled.value = -scaled.value;
    return scaled;
  }
  for (const UnitFamily& family : kFamilies) {
    if (const Unit* from = FindUnit(family, from_unit)) {
      return ScaleInFamily(family, static_cast<double>(value) * from->factor, to_unit);
    }
  }
  const bool dull = to_unit == "count" || to_unit == "sample" || to_unit == "unit";
  return {static_cast<double>(value), dull || IsAutomatic(to_unit) ? "" : std::string(to_unit)};
}

std::string ScaledLabel(int64_t value, std::string_view from_unit, std::string_view to_unit) {
  const ScaledValue scaled = Scale(value, from_unit, to_unit);
  std::array<char, 64> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.2f", scaled.value);
  std::string text(buffer.data(), static_cast<size_t>(size));
  if (text.ends_with(".00")) text.resize(text.size() - 3);
  if (text == "0" || text == "-0") return "0";
  return text + scaled.unit;
}

std::string Percentage(int64_t value, int64_t total) {
  const double ratio =
      total == 0 ? 0 : std::abs(static_cast<double>(value) / static_cast<double>(total)) * 100;
  if (ratio >= 99.95 && ratio <= 100.05) return "  100%";
  std::array<char, 64> buffer;
  const int size =
      std::snprintf(buffer.data(), buffer.size(), ratio >= 1.0 ? "%5.2f%%" : "%5.2g%%", ratio);
  return {buffer.data(), static_cast<size_t>(size)};
}

bool CompatibleUnits(std::string_view a, std::string_view b) {
  if (a == b) return true;
  return std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](const UnitFamily& family) {
    return FindUnit(family, a) != nullptr && FindUnit(family, b) != nullptr;
  });
}

std::string ReportUnit(int64_t smallest, int64_t total, std::string_view unit) {
  if (smallest == 0) smallest = total;
  std::string chosen = Scale(smallest, unit, "minimum").unit;
  const auto scaled = static_cast<int64_t>(static_cast<uint64_t>(smallest) * 100);
  if (chosen != Scale(total, unit, "minimum").unit && scaled < total) {
    chosen = Scale(scaled, unit, "minimum").unit;
  }
  return chosen.empty() ? std::string(unit) : chosen;
}

}  // namespace kubediag::report
