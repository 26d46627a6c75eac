// From the bytes of a profile (gzip or plain protobuf) to a Profile.
//
// One pass over the input, linear in its size whatever it says, no recursion, memory bounded by
// Limits. What pprof rejects is rejected (pprof: Parse, CheckValid), with the byte offset and the
// field in the message. Errors: InvalidArgument (not a profile, or a malformed one), DataLoss (cut
// off or corrupt), ResourceExhausted (over a limit), Unimplemented (pprof's old text and binary
// forms).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/result.h"
#include "plugins/go_profiler/profile/limits.h"
#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::profile {

// Decodes one profile. The result keeps nothing of `bytes` and no spare memory.
Result<Profile> Parse(std::span<const uint8_t> bytes, const Limits& limits = {});

// Decodes many profiles with the same scratch memory. Not thread-safe: one a thread.
class Decoder {
 public:
  explicit Decoder(const Limits& limits = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // The result keeps nothing of `bytes`, but its columns may have spare capacity.
  Result<Profile> Parse(std::span<const uint8_t> bytes);

  // The next Parse() builds its profile in the memory of this one.
  void Recycle(Profile profile);

 private:
  struct Scratch;
  Limits limits_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace kubediag::profile
