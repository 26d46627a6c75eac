// UTF-8 without libraries. Well-formed is what RFC 3629 says: no overlong forms, no surrogates,
// nothing above U+10FFFF. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kubediag {

// Length of the well-formed character at `at`, 1 to 4 bytes; 0 if there is none.
size_t Utf8Length(std::string_view text, size_t at = 0);

// The code point of one well-formed character.
uint32_t CodePointOf(std::string_view character);

// Offset of the first byte that does not belong to well-formed UTF-8; npos if there is none.
size_t FindInvalidUtf8(std::string_view text);

// Each byte that is not well-formed becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

// At most `max_bytes` of well-formed text, cut between characters, with "…" at the end if anything
// was cut; nothing if that alone would fill it.
std::string Shorten(std::string_view text, size_t max_bytes);

}  // namespace kubediag
