// What modules take from programs and servers that are not ours: JSON objects of strings, and the
// last words of a program that failed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/utf8.h"
#include "plugins/exchange/foreign_text.h"
#include "plugins/exchange/string_map.h"

namespace {

using namespace kubediag::exchange;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckMap(std::string_view bytes) {
  const auto map = DecodeStringMap(bytes);
  if (!map.ok()) {
    Require(!map.status().message().empty());
    return;
  }
  std::vector<kubediag_pair> pairs;
  pairs.reserve(map->size());
  for (const auto& [key, value] : *map) {
    pairs.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
  }
  const kubediag::Values values(pairs.data(), pairs.size());
  const auto again = DecodeStringMap(EncodeStringMap(values));
  Require(again.ok() && *again == *map);
}

void CheckTail(std::string_view bytes, size_t max) {
  const std::string line = TailLine(bytes, max);
  Require(kubediag::FindInvalidUtf8(line) == std::string::npos);
  for (const char c : line) Require(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  if (bytes.empty()) Require(line.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckMap(bytes);
  CheckTail(bytes, size == 0 ? 0 : data[size - 1]);
  return 0;
}
