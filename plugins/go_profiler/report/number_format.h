// Numbers as pprof prints them: scaled to a unit that reads well, and percentages.
//
// Pure functions. A unit is any text; the families bytes (B kB MB GB TB PB by 1024), time
// (ns us ms s hrs) and GCU are known with their usual spellings, any other unit is left alone
// (pprof: measurement.Scale). "minimum" and "auto" ask for the largest unit with a value of at
// least 1; an empty target unit does not: it leaves the number as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kubediag::report {

struct ScaledValue {
  double value = 0;
  std::string unit;
};
ScaledValue Scale(int64_t value, std::string_view from_unit, std::string_view to_unit);

// "115.70MB", "0", "1.50s": at most two decimals, none when they are zero.
std::string ScaledLabel(int64_t value, std::string_view from_unit, std::string_view to_unit);

// ScaledLabel with unit "minimum": every value with the unit that suits it.
inline std::string AutoLabel(int64_t value, std::string_view from_unit) {
  return ScaledLabel(value, from_unit, "minimum");
}

// "  100%", "12.34%", " 0.89%", "    0%": right-aligned to six columns where it fits.
std::string Percentage(int64_t value, int64_t total);

// True when both units belong to one family, so that values may be converted.
bool CompatibleUnits(std::string_view a, std::string_view b);

// The one unit for a whole report: that of its smallest value, or a larger one if the total would
// read badly (pprof: selectOutputUnit).
std::string ReportUnit(int64_t smallest, int64_t total, std::string_view unit);

}  // namespace kubediag::report
