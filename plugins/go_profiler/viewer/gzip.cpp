#include "plugins/go_profiler/viewer/gzip.h"

#include <libdeflate.h>

#include <memory>
#include <new>

#include "plugins/go_profiler/viewer/limits.h"

namespace kubediag::viewer {

std::string Gzip(std::string_view bytes) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kGzipLevel), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
  out.shrink_to_fit();
  return out;
}

std::string Gunzip(std::string_view bytes, size_t max_bytes) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
      decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (!decompressor) throw std::bad_alloc();
  std::string out(max_bytes, '\0');
  size_t size = 0;
  const libdeflate_result result = libdeflate_gzip_decompress(
      decompressor.get(), bytes.data(), bytes.size(), out.data(), out.size(), &size);
  out.resize(result == LIBDEFLATE_SUCCESS ? size : 0);
  return out;
}

}  // namespace kubediag::viewer
