// The checks that every table, list and text of a module goes through.
#pragma once

#include <kubediag/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::operation {

// Why a module must be refused.
Status Defect(std::string reason, std::string message);

// "0x3f"
std::string Hex(uint64_t value);

Status CheckStructSize(uint32_t struct_size, size_t least, const std::string& where);

// NullEntry, ShortStruct.
template <typename Table>
Status CheckTable(const Table* table, size_t least, const std::string& where) {
  if (table == nullptr) return Defect("NullEntry", where + " is null");
  return CheckStructSize(table->struct_size, least, where);
}

// TooManyEntries, NullEntry (a count without a list).
Status CheckList(const void* list, size_t count, size_t most, const std::string& where);

// BadText: not UTF-8, longer than `max_bytes`, or a size without data.
Result<std::string> ReadText(kubediag_string text, size_t max_bytes, const std::string& where);

}  // namespace kubediag::operation
