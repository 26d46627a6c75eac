// The part of Reader for mappings, locations, lines and functions.
#include <algorithm>

#include "plugins/go_profiler/profile/reader.h"

namespace kubediag::profile {
namespace {

constexpr uint32_t kMappingFields = 0x7fe;  // 1..10
constexpr uint32_t kLocationFields = 0x3e;  // 1..5
constexpr uint32_t kLineFields = 0xe;       // 1..3
constexpr uint32_t kFunctionFields = 0x3e;  // 1..5

}  // namespace

bool Reader::ReadMapping(Position p, Position end) {
  const Position start = p;
  Mapping mapping;
  const auto flag = [&](const char* field, bool& value) {
    uint64_t number;
    if (!ReadNumber(p, field, number)) return false;
    value = number != 0;
    return true;
  };
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    bool ok;
    switch (tag) {
      case Tag(1, kVarint):
        ok = ReadNumber(p, "mapping.id", mapping.id);
        break;
      case Tag(2, kVarint):
        ok = ReadNumber(p, "mapping.memory_start", mapping.start);
        break;
      case Tag(3, kVarint):
        ok = ReadNumber(p, "mapping.memory_limit", mapping.limit);
        break;
      case Tag(4, kVarint):
        ok = ReadNumber(p, "mapping.file_offset", mapping.offset);
        break;
      case Tag(5, kVarint):
        ok = ReadString(p, "mapping.filename", mapping.file);
        break;
      case Tag(6, kVarint):
        ok = ReadString(p, "mapping.build_id", mapping.build_id);
        break;
      case Tag(7, kVarint):
        ok = flag("mapping.has_functions", mapping.has_functions);
        break;
      case Tag(8, kVarint):
        ok = flag("mapping.has_filenames", mapping.has_filenames);
        break;
      case Tag(9, kVarint):
        ok = flag("mapping.has_line_numbers", mapping.has_line_numbers);
        break;
      case Tag(10, kVarint):
        ok = flag("mapping.has_inline_frames", mapping.has_inline_frames);
        break;
      default:
        ok = SkipField(p, end, tag, kMappingFields, "mapping");
    }
    if (!ok) return false;
  }
  if (!EndOf("mapping", start, p, end)) return false;
  if (c_.mappings.size() == limits_.mappings) return TooMany("mappings", limits_.mappings);
  if (!Define(start, mapping.id, c_.mappings.size(), scratch_.mapping_ids, "mapping")) return false;
  c_.mappings.Append(mapping);
  return true;
}

bool Reader::ReadLocation(Position p, Position end) {
  const Position start = p;
  uint64_t id = 0;
  uint64_t mapping = 0;
  uint64_t address = 0;
  uint64_t is_folded = 0;
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    bool ok;
    switch (tag) {
      case Tag(1, kVarint):
        ok = ReadNumber(p, "location.id", id);
        break;
      case Tag(2, kVarint):
        ok = ReadNumber(p, "location.mapping_id", mapping);
        break;
      case Tag(3, kVarint):
        ok = ReadNumber(p, "location.address", address);
        break;
      case Tag(4, kBytes): {
        Position data_end = p;
        ok = ReadLength(p, end, "location.line", data_end) && ReadLine(p, data_end);
        p = data_end;
        break;
      }
      case Tag(5, kVarint):
        ok = ReadNumber(p, "location.is_folded", is_folded);
        break;
      default:
        ok = SkipField(p, end, tag, kLocationFields, "location");
    }
    if (!ok) return false;
  }
  if (!EndOf("location", start, p, end)) return false;
  const size_t position = c_.location_address.size();
  if (position == limits_.locations) return TooMany("locations", limits_.locations);
  if (!Define(start, id, position, scratch_.location_ids, "location")) return false;
  uint32_t reference;
  if (!UseMapping(mapping, reference)) return false;
  most_lines_ =
      std::max(most_lines_, static_cast<uint32_t>(c_.lines.size()) - c_.location_line_begin.back());
  c_.location_address.Append(address);
  c_.location_mapping.Append(reference);
  c_.location_is_folded.Append(is_folded != 0);
  c_.location_line_begin.Append(static_cast<uint32_t>(c_.lines.size()));
  return true;
}

bool Reader::ReadLine(Position p, Position end) {
  const Position start = p;
  uint64_t function = 0;
  Line line;
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    bool ok;
    switch (tag) {
      case Tag(1, kVarint):
        ok = ReadNumber(p, "location.line.function_id", function);
        break;
      case Tag(2, kVarint):
        ok = ReadSigned(p, "location.line.line", line.line);
        break;
      case Tag(3, kVarint):
        ok = ReadSigned(p, "location.line.column", line.column);
        break;
      default:
        ok = SkipField(p, end, tag, kLineFields, "location.line");
    }
    if (!ok) return false;
  }
  if (!EndOf("location.line", start, p, end)) return false;
  if (c_.lines.size() == limits_.lines) return TooMany("lines", limits_.lines);
  if (!UseFunction(start, function, line.function)) return false;
  c_.lines.Append(line);
  return true;
}

bool Reader::ReadFunction(Position p, Position end) {
  const Position start = p;
  uint64_t id = 0;
  Function function;
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag)) return false;
    bool ok;
    switch (tag) {
      case Tag(1, kVarint):
        ok = ReadNumber(p, "function.id", id);
        break;
      case Tag(2, kVarint):
        ok = ReadString(p, "function.name", function.name);
        break;
      case Tag(3, kVarint):
        ok = ReadString(p, "function.system_name", function.system_name);
        break;
      case Tag(4, kVarint):
        ok = ReadString(p, "function.filename", function.file);
        break;
      case Tag(5, kVarint):
        ok = ReadSigned(p, "function.start_line", function.start_line);
        break;
      default:
        ok = SkipField(p, end, tag, kFunctionFields, "function");
    }
    if (!ok) return false;
  }
  if (!EndOf("function", start, p, end)) return false;
  if (c_.functions.size() == limits_.functions) return TooMany("functions", limits_.functions);
  if (!Define(start, id, c_.functions.size(), scratch_.function_ids, "function")) return false;
  c_.functions.Append(function);
  return true;
}

bool Reader::UseFunction(Position at, uint64_t id, uint32_t& reference) {
  if (id == 0) return Fail(at, "location.line.function_id", "a line without function");
  if (dense_) {
    if (id > UINT32_MAX) return StartAgain();
    reference = static_cast<uint32_t>(id - 1);
    return true;
  }
  reference = scratch_.function_ids.Number(id);
  if (reference >= limits_.functions) return TooMany("functions", limits_.functions);
  return true;
}

bool Reader::UseMapping(uint64_t id, uint32_t& reference) {
  if (id == 0) {
    reference = kNone;
    return true;
  }
  if (dense_) {
    if (id > UINT32_MAX) return StartAgain();
    reference = static_cast<uint32_t>(id - 1);
    return true;
  }
  // Every location may name a mapping that does not exist.
  reference = scratch_.mapping_ids.Number(id);
  return true;
}

bool Reader::Define(Position at, uint64_t id, size_t position, IdIndex& index, const char* kind) {
  if (id == 0) return Fail(at, std::string(kind) + ".id", "id 0 is reserved");
  if (dense_) return id == position + 1 ? true : StartAgain();
  if (!index.Define(id, static_cast<uint32_t>(position))) {
    return Fail(at, std::string(kind) + ".id", "id " + std::to_string(id) + " is defined twice");
  }
  return true;
}

}  // namespace kubediag::profile
