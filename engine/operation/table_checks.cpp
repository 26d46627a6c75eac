#include "engine/operation/table_checks.h"

#include <array>
#include <charconv>
#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/text.h"

namespace kubediag::operation {

Status Defect(std::string reason, std::string message) {
  return {StatusCode::kFailedPrecondition, std::move(reason), std::move(message)};
}

std::string Hex(uint64_t value) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

Status CheckStructSize(uint32_t struct_size, size_t least, const std::string& where) {
  if (struct_size >= least && struct_size <= kMaxTableBytes) return {};
  return Defect("ShortStruct", where + ".struct_size is " + std::to_string(struct_size) +
                                   ", ABI 1.0 has " + std::to_string(least) +
                                   " bytes: it must be sizeof the table");
}

Status CheckList(const void* list, size_t count, size_t most, const std::string& where) {
  if (count > most) {
    return Defect("TooManyEntries", where + " has " + std::to_string(count) + " entries, at most " +
                                        std::to_string(most) + " are allowed");
  }
  if (count > 0 && list == nullptr) return Defect("NullEntry", where + " is null");
  return {};
}

Result<std::string> ReadText(kubediag_string text, size_t max_bytes, const std::string& where) {
  if (text.size == 0) return std::string();
  if (text.data == nullptr) return Defect("BadText", where + " has a size but no data");
  if (text.size > max_bytes) {
    return Defect("BadText", where + " has " + std::to_string(text.size) + " bytes, at most " +
                                 std::to_string(max_bytes) + " are allowed");
  }
  std::string copy(text.data, text.size);
  if (!IsUtf8(copy)) return Defect("BadText", where + " is not UTF-8");
  return copy;
}

}  // namespace kubediag::operation
