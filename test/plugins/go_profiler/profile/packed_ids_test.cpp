#include "plugins/go_profiler/profile/packed_ids.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace kubediag::profile {
namespace {

std::vector<uint8_t> Pack(const std::vector<uint64_t>& ids) {
  std::vector<uint8_t> bytes;
  for (uint64_t id : ids) {
    for (; id >= 0x80; id >>= 7) bytes.push_back(static_cast<uint8_t>(id | 0x80));
    bytes.push_back(static_cast<uint8_t>(id));
  }
  return bytes;
}

// What follows the ids looks like more of them.
size_t Decode(std::vector<uint8_t> bytes, std::vector<uint32_t>& out) {
  const size_t size = bytes.size();
  bytes.resize(size + kWireSlack, 0x81);
  out.assign(size + kPackedIdsRoom, 0);
  return DecodePackedIds(bytes.data(), bytes.data() + size, out.data());
}

TEST(PackedIds, DecodesEveryMixOfLengths) {
  std::mt19937_64 random(1);
  for (size_t count = 0; count < 300; ++count) {
    std::vector<uint64_t> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back((random() >> 36 >> (random() % 28)) | 1);
    std::vector<uint32_t> out;
    ASSERT_EQ(Decode(Pack(ids), out), count);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(out[i], ids[i] - 1) << i << " of " << count;
  }
}

TEST(PackedIds, LeavesLongNumbersToOthers) {
  std::vector<uint32_t> out;
  EXPECT_EQ(Decode(Pack({1, (1U << 28) - 1}), out), 2U);
  EXPECT_EQ(Decode(Pack({1, 1U << 28}), out), SIZE_MAX);
  EXPECT_EQ(Decode(Pack({UINT64_MAX, 1}), out), SIZE_MAX);
}

TEST(PackedIds, NoticeANumberThatDoesNotEnd) {
  for (const size_t before : {size_t{0}, size_t{1}, size_t{63}, size_t{64}, size_t{127}}) {
    std::vector<uint8_t> bytes(before, 0x01);
    bytes.push_back(0x80);
    std::vector<uint32_t> out;
    EXPECT_EQ(Decode(bytes, out), SIZE_MAX) << before;
  }
}

TEST(PackedIds, FindsTheEndsOf64Bytes) {
  uint8_t bytes[64] = {};
  for (int i = 0; i < 64; ++i) bytes[i] = i % 3 == 0 ? 0x80 : 0x7f;
  const uint64_t ends = VarintEnds(bytes);
  for (int i = 0; i < 64; ++i) EXPECT_EQ((ends >> i) & 1, i % 3 == 0 ? 0U : 1U) << i;
}

TEST(LargestReference, IsFoundWhereverItStands) {
  EXPECT_EQ(LargestReference(nullptr, 0), 0U);
  for (size_t count = 1; count < 70; ++count) {
    for (size_t at = 0; at < count; ++at) {
      std::vector<uint32_t> references(count, 7);
      references[at] = 1000;
      EXPECT_EQ(LargestReference(references.data(), count), 1000U);
      references[at] = UINT32_MAX;
      EXPECT_GT(LargestReference(references.data(), count), uint32_t{INT32_MAX});
    }
  }
}

}  // namespace
}  // namespace kubediag::profile
