// A large CPU profile that is the same on every machine, in the order Go's runtime writes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kubediag::bench {

struct GeneratedProfileSize {
  uint32_t samples = 100'000;
  uint32_t functions = 6'000;
  uint64_t seed = 1;
};

// Uncompressed protobuf: two sample types (samples, cpu), stacks that share their outer frames as
// those of a server do, inlined functions, labels on two samples of three.
std::string GenerateProfile(const GeneratedProfileSize& size = {});

// gzip at the level Go's runtime uses.
std::vector<uint8_t> Gzip(const std::string& bytes);

}  // namespace kubediag::bench
