// Gzip for answers. Pure functions; std::bad_alloc when memory runs out.
#pragma once

#include <string>
#include <string_view>

namespace kubediag::viewer {

std::string Gzip(std::string_view bytes);
// Empty if `bytes` is no complete gzip member or inflates to more than `max_bytes`.
std::string Gunzip(std::string_view bytes, size_t max_bytes);

}  // namespace kubediag::viewer
