// UTF-8 without libraries. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kubediag::api {

// Offset of the first byte that does not belong to well-formed UTF-8 (overlong forms, surrogates
// and code points above U+10FFFF are not); npos if there is none.
size_t FindInvalidUtf8(std::string_view text);

// Length of the well-formed character at `at`, 1 to 4 bytes; 0 if there is none.
size_t Utf8Length(std::string_view text, size_t at);

// At most `max_bytes` of well-formed text, cut between characters, with "…" if anything was cut.
std::string Shorten(std::string_view text, size_t max_bytes);

// Each byte that is not well-formed becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace kubediag::api
