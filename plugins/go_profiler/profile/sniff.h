// Says what bytes that are no profile look like, so that an error can tell what happened.
//
// Pure; reads at most the first few hundred bytes.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/status.h"

namespace kubediag::profile {

// Ok when nothing is recognised; otherwise the error that explains the bytes: InvalidArgument
// ("not a profile: the answer looks like HTML"), or Unimplemented for pprof's old forms.
Status ExplainForeignBytes(std::span<const uint8_t> bytes);

}  // namespace kubediag::profile
