#include "plugins/go_profiler/profile/inflate.h"

#include <libdeflate.h>

#include <algorithm>
#include <new>
#include <string>

namespace kubediag::profile {
namespace {

constexpr size_t kTrailerSize = 8;
constexpr size_t kSmallestMember = 18;

// What the last member says it unpacks to, modulo 2^32.
size_t TrailerSize(std::span<const uint8_t> gzip) {
  if (gzip.size() < kTrailerSize) return 0;
  const uint8_t* size = gzip.data() + gzip.size() - 4;
  return size[0] | size_t{size[1]} << 8 | size_t{size[2]} << 16 | size_t{size[3]} << 24;
}

Status TooLarge(size_t most) {
  return Status::ResourceExhausted("profile unpacks to more than " + std::to_string(most - 1) +
                                   " bytes");
}

}  // namespace

void Inflater::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

Inflater::Inflater() : decompressor_(libdeflate_alloc_decompressor()) {
  if (decompressor_ == nullptr) throw std::bad_alloc();
}

Status Inflater::Inflate(std::span<const uint8_t> gzip, const Limits& limits, size_t slack,
                         Column<uint8_t>& out) {
  if (gzip.size() > limits.compressed_bytes) {
    return Status::ResourceExhausted("profile of " + std::to_string(gzip.size()) +
                                     " bytes: at most " + std::to_string(limits.compressed_bytes) +
                                     " are read");
  }
  // One byte past the cap tells a stream that just fits from one that does not.
  const size_t most = std::min(limits.inflated_bytes, gzip.size() * kMaxDeflateRatio) + 1;
  size_t wanted = std::clamp<size_t>(TrailerSize(gzip), std::min<size_t>(gzip.size(), most), most);

  out.Clear();
  size_t at = 0;
  uint32_t members = 0;
  while (at < gzip.size()) {
    if (members == limits.gzip_members) {
      return Status::ResourceExhausted("gzip: more than " + std::to_string(members) + " members");
    }
    const size_t room = wanted > out.size() ? wanted - out.size() : 0;
    uint8_t* to = out.Room(room + slack);
    size_t used = 0;
    size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor_.get(), gzip.data() + at, gzip.size() - at, to, room, &used, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (wanted == most) return TooLarge(most);
      wanted = std::min(most, std::max<size_t>(wanted, 1024) * 2);
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) {
      const bool cut_off = gzip.size() - at < kSmallestMember;
      return Status::DataLoss("gzip: " + std::string(cut_off ? "cut off" : "corrupt or cut off") +
                              " in the member at byte " + std::to_string(at));
    }
    at += used;
    out.SetSize(out.size() + written);
    ++members;
  }
  if (out.size() == most) return TooLarge(most);
  return Status::Ok();
}

}  // namespace kubediag::profile
