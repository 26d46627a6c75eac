#include "plugins/go_profiler/profile/inflate.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>
#include <vector>

namespace kubediag::profile {
namespace {

std::vector<uint8_t> Gzip(const std::string& text) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(9);
  std::vector<uint8_t> out(libdeflate_gzip_compress_bound(compressor, text.size()));
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string Text(const Column<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(Inflate, JoinsMembers) {
  std::vector<uint8_t> gzip = Gzip(std::string(5000, 'a'));
  for (const std::string part : {"", "b", "cc"}) {
    const std::vector<uint8_t> member = Gzip(part);
    gzip.insert(gzip.end(), member.begin(), member.end());
  }
  Column<uint8_t> out;
  ASSERT_TRUE(Inflater().Inflate(gzip, {}, 8, out).ok());
  EXPECT_EQ(Text(out), std::string(5000, 'a') + "bcc");
  EXPECT_GE(out.capacity(), out.size() + 8);
}

TEST(Inflate, TakesTheTrailerForAHintOnly) {
  const std::string text(1 << 20, 'x');
  std::vector<uint8_t> gzip = Gzip(text);
  for (const uint8_t size : {uint8_t{0}, uint8_t{1}, uint8_t{0xff}}) {
    std::fill(gzip.end() - 4, gzip.end(), size);
    Column<uint8_t> out;
    // The size is part of what gzip checks, so this ends as corrupt, but within its memory.
    EXPECT_EQ(Inflater().Inflate(gzip, {}, 0, out).code(), StatusCode::kDataLoss);
    EXPECT_LE(out.capacity(), size_t{4} << 20);
  }
}

TEST(Inflate, StopsAtTheCap) {
  const std::vector<uint8_t> gzip = Gzip(std::string(10'000, 'x'));
  Limits limits;
  limits.inflated_bytes = 10'000;
  Column<uint8_t> out;
  EXPECT_TRUE(Inflater().Inflate(gzip, limits, 0, out).ok());
  limits.inflated_bytes = 9'999;
  const Status status = Inflater().Inflate(gzip, limits, 0, out);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "profile unpacks to more than 9999 bytes");
}

TEST(Inflate, CapsTheCompressedSize) {
  const std::vector<uint8_t> gzip = Gzip("x");
  Limits limits;
  limits.compressed_bytes = gzip.size();
  Column<uint8_t> out;
  EXPECT_TRUE(Inflater().Inflate(gzip, limits, 0, out).ok());
  limits.compressed_bytes = gzip.size() - 1;
  EXPECT_EQ(Inflater().Inflate(gzip, limits, 0, out).code(), StatusCode::kResourceExhausted);
}

TEST(Inflate, CapsTheNumberOfMembers) {
  std::vector<uint8_t> gzip;
  for (int i = 0; i < 3; ++i) {
    const std::vector<uint8_t> member = Gzip("x");
    gzip.insert(gzip.end(), member.begin(), member.end());
  }
  Limits limits;
  limits.gzip_members = 3;
  Column<uint8_t> out;
  EXPECT_TRUE(Inflater().Inflate(gzip, limits, 0, out).ok());
  limits.gzip_members = 2;
  EXPECT_EQ(Inflater().Inflate(gzip, limits, 0, out).code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace kubediag::profile
