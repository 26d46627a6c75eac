// The page's own files, built from ui/ and embedded compressed. Constant data.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace kubediag::viewer {

struct Asset {
  std::string_view name;  // relative to the page; empty: the page itself
  std::string_view content_type;
  std::string_view etag;  // quoted
  const unsigned char* gzip_data;
  size_t gzip_size;

  std::string_view gzip() const { return {reinterpret_cast<const char*>(gzip_data), gzip_size}; }
};

std::span<const Asset> Assets();

}  // namespace kubediag::viewer
