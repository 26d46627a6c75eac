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
  const bool whole = ReadFields(p, end, "mapping", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadNumber(p, "mapping.id", mapping.id);
      case Tag(2, kVarint):
        return ReadNumber(p, "mapping.memory_start", mapping.start);
      case Tag(3, kVarint):
        return ReadNumber(p, "mapping.memory_limit", mapping.limit);
      case Tag(4, kVarint):
        return ReadNumber(p, "mapping.file_offset", mapping.offset);
      case Tag(5, kVarint):
        return ReadString(p, "mapping.filename", mapping.file);
      case Tag(6, kVarint):
        return ReadString(p, "mapping.build_id", mapping.build_id);
      case Tag(7, kVarint):
        return flag("mapping.has_functions", mapping.has_functions);
      case Tag(8, kVarint):
        return flag("mapping.has_filenames", mapping.has_filenames);
      case Tag(9, kVarint):
        return flag("mapping.has_line_numbers", mapping.has_line_numbers);
      case Tag(10, kVarint):
        return flag("mapping.has_inline_frames", mapping.has_inline_frames);
      default:
        return SkipField(p, end, tag, kMappingFields, "mapping");
    }
  });
  if (!whole) return false;
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
  const bool whole = ReadFields(p, end, "location", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadNumber(p, "location.id", id);
      case Tag(2, kVarint):
        return ReadNumber(p, "location.mapping_id", mapping);
      case Tag(3, kVarint):
        return ReadNumber(p, "location.address", address);
      case Tag(4, kBytes): {
        Position data_end = p;
        if (!ReadLength(p, end, "location.line", data_end)) return false;
        if (!ReadLine(p, data_end)) return false;
        p = data_end;
        return true;
      }
      case Tag(5, kVarint):
        return ReadNumber(p, "location.is_folded", is_folded);
      default:
        return SkipField(p, end, tag, kLocationFields, "location");
    }
  });
  if (!whole) return false;
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
  const bool whole = ReadFields(p, end, "location.line", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadNumber(p, "location.line.function_id", function);
      case Tag(2, kVarint):
        return ReadSigned(p, "location.line.line", line.line);
      case Tag(3, kVarint):
        return ReadSigned(p, "location.line.column", line.column);
      default:
        return SkipField(p, end, tag, kLineFields, "location.line");
    }
  });
  if (!whole) return false;
  if (c_.lines.size() == limits_.lines) return TooMany("lines", limits_.lines);
  if (!UseFunction(start, function, line.function)) return false;
  c_.lines.Append(line);
  return true;
}

bool Reader::ReadFunction(Position p, Position end) {
  const Position start = p;
  uint64_t id = 0;
  Function function;
  const bool whole = ReadFields(p, end, "function", [&](uint64_t tag) {
    switch (tag) {
      case Tag(1, kVarint):
        return ReadNumber(p, "function.id", id);
      case Tag(2, kVarint):
        return ReadString(p, "function.name", function.name);
      case Tag(3, kVarint):
        return ReadString(p, "function.system_name", function.system_name);
      case Tag(4, kVarint):
        return ReadString(p, "function.filename", function.file);
      case Tag(5, kVarint):
        return ReadSigned(p, "function.start_line", function.start_line);
      default:
        return SkipField(p, end, tag, kFunctionFields, "function");
    }
  });
  if (!whole) return false;
  if (c_.functions.size() == limits_.functions) return TooMany("functions", limits_.functions);
  if (!Define(start, id, c_.functions.size(), scratch_.function_ids, "function")) return false;
  c_.functions.Append(function);
  return true;
}

bool Reader::UseFunction(Position at, uint64_t id, uint32_t& reference) {
  if (id == 0) return Fail(at, "location.line.function_id", "a line without function");
  if (dense_) return UseInOrder(id, reference);
  reference = scratch_.function_ids.Number(id);
  if (reference >= limits_.functions) return TooMany("functions", limits_.functions);
  return true;
}

bool Reader::UseMapping(uint64_t id, uint32_t& reference) {
  if (id == 0) {
    reference = kNone;
    return true;
  }
  if (dense_) return UseInOrder(id, reference);
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
