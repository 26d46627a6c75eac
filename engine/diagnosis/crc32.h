// CRC-32 (polynomial 0xEDB88320, as zip and Ethernet use it): finds torn and damaged records. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kubediag::diagnosis {

namespace crc32_internal {
constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
    table[byte] = value;
  }
  return table;
}
inline constexpr std::array<uint32_t, 256> kTable = MakeTable();
}  // namespace crc32_internal

constexpr uint32_t Crc32(std::string_view bytes) {
  uint32_t value = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    value = (value >> 8) ^ crc32_internal::kTable[(value ^ static_cast<uint8_t>(byte)) & 0xFFU];
  }
  return value ^ 0xFFFFFFFFU;
}

}  // namespace kubediag::diagnosis
