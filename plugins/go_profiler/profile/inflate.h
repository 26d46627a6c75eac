// Unpacks gzip into memory, with a cap.
//
// The size in a gzip trailer is a hint: the buffer never grows past what the limits and the ratio
// of DEFLATE allow. Several members one after another are one stream (RFC 1952). Reuse one Inflater
// for many inputs to reuse its tables; not thread-safe. Errors: DataLoss (cut off, corrupt, bytes
// after the end), ResourceExhausted (over a limit).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/status.h"
#include "plugins/go_profiler/profile/column.h"
#include "plugins/go_profiler/profile/limits.h"

struct libdeflate_decompressor;

namespace kubediag::profile {

inline bool IsGzip(std::span<const uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

class Inflater {
 public:
  Inflater();

  // Replaces `out`; it keeps `slack` more bytes of capacity than it has elements.
  Status Inflate(std::span<const uint8_t> gzip, const Limits& limits, size_t slack,
                 Column<uint8_t>& out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

}  // namespace kubediag::profile
