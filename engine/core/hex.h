// Bytes as lower-case hexadecimal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kubediag {

std::string HexOfBytes(const uint8_t* bytes, size_t size);

}  // namespace kubediag
