// Text that comes from modules: what is well-formed, and what is made of it for people.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kubediag::operation {

// Well-formed UTF-8 (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// `bytes` as UTF-8 of at most `max_bytes`: each malformed byte becomes U+FFFD, each control
// character but newline and tab a space, and a longer text is cut between characters and ends in
// "…".
std::string ToReadableText(std::string_view bytes, size_t max_bytes);

// Key of a result, a parameter or an artifact: 1-253 bytes of [A-Za-z0-9._-].
bool IsKey(std::string_view key);
// A DNS label: 1-63 of [a-z0-9-], neither starting nor ending with '-'.
bool IsOperationName(std::string_view name);
// One word of letters and digits that starts with a capital.
bool IsReason(std::string_view reason);
// Beneath a folder, whatever it is: no leading slash, no empty part, no "." and "..", no control
// character.
bool IsRelativePath(std::string_view path);
// http:// or https://, with a host, without user information, printable ASCII.
bool IsUrl(std::string_view url);
// One of these, had it a port from 1 to 65535, or none.
bool IsUrlButForItsPort(std::string_view url);

// The capability in a Job::base_url: the hexadecimal digits that are the last part of its path;
// empty if there are none, or too few to be a secret.
std::string CapabilityOf(std::string_view base_url);

}  // namespace kubediag::operation
