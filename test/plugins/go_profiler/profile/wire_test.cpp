#include "plugins/go_profiler/profile/wire.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace kubediag::profile {
namespace {

std::array<uint8_t, 32> Buffer(const std::vector<uint8_t>& bytes) {
  std::array<uint8_t, 32> buffer;
  buffer.fill(0xff);  // what follows must not matter
  std::copy(bytes.begin(), bytes.end(), buffer.begin());
  return buffer;
}

TEST(Varint, ReadsEveryLength) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const uint64_t value : {uint64_t{1} << bits, (uint64_t{1} << bits) - 1,
                                 (uint64_t{0x5a5a5a5a5a5a5a5a} >> (63 - bits))}) {
      std::vector<uint8_t> bytes;
      for (uint64_t rest = value;; rest >>= 7) {
        bytes.push_back(static_cast<uint8_t>((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0)));
        if (rest < 0x80) break;
      }
      const auto buffer = Buffer(bytes);
      uint64_t read = 0;
      EXPECT_EQ(ReadVarint(buffer.data(), read), buffer.data() + bytes.size()) << value;
      EXPECT_EQ(read, value);
    }
  }
}

TEST(Varint, AcceptsNeedlessBytes) {
  const auto buffer = Buffer({0x85, 0x80, 0x80, 0x00});
  uint64_t read = 0;
  EXPECT_EQ(ReadVarint(buffer.data(), read), buffer.data() + 4);
  EXPECT_EQ(read, 5U);
}

TEST(Varint, DropsBitsPastThe64th) {
  const auto buffer = Buffer({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f});
  uint64_t read = 0;
  EXPECT_EQ(ReadVarint(buffer.data(), read), buffer.data() + 10);
  EXPECT_EQ(read, UINT64_MAX);
}

TEST(Varint, RefusesElevenBytes) {
  const auto buffer = Buffer({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00});
  uint64_t read = 0;
  EXPECT_EQ(ReadVarint(buffer.data(), read), nullptr);
}

}  // namespace
}  // namespace kubediag::profile
