// SHA-256 and the name-based UUID of a key. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag {

// Lower-case hexadecimal, 64 characters.
std::string Sha256Hex(std::string_view bytes);

// Bytes and digest of what `fd` holds from its current position to the end, read in pieces.
struct FileDigest {
  uint64_t size = 0;
  std::string sha256;  // as Sha256Hex
};
Result<FileDigest> Sha256OfFile(int fd);

// UUID version 5 of `name` in the project's own name space: local mode's uid of "namespace/name".
std::string UuidV5(std::string_view name);

// `size` bytes from the kernel's random source, as lower-case hexadecimal (2 × size characters).
std::string RandomHex(size_t size);

}  // namespace kubediag
