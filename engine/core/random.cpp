// Apart from the digests: programs that need no digest must not load OpenSSL for a random name.
#include <sys/random.h>

#include <cstdlib>

#include "engine/core/digest.h"
#include "engine/core/hex.h"

namespace kubediag {

std::string HexOfBytes(const uint8_t* bytes, size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (size_t i = 0; i < size; ++i) {
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 0xf]);
  }
  return text;
}

std::string RandomHex(size_t size) {
  std::string bytes(size, '\0');
  // The kernel's source never fails once seeded, and requests up to 256 bytes are never short.
  for (size_t done = 0; done < size;) {
    const ssize_t got = getrandom(bytes.data() + done, size - done, 0);
    if (got < 0) std::abort();
    done += static_cast<size_t>(got);
  }
  return HexOfBytes(reinterpret_cast<const uint8_t*>(bytes.data()), size);
}

}  // namespace kubediag
