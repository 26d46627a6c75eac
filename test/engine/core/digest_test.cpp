#include "engine/core/digest.h"

#include <gtest/gtest.h>

namespace kubediag {
namespace {

TEST(Sha256Hex, MatchesFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(UuidV5, IsStableAndWellFormed) {
  const std::string uuid = UuidV5("default/go-profiler");
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '5');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_EQ(uuid, UuidV5("default/go-profiler"));
  EXPECT_NE(uuid, UuidV5("default/other"));
}

TEST(RandomHex, GivesTwoDigitsAByteAndDiffers) {
  EXPECT_EQ(RandomHex(16).size(), 32U);
  EXPECT_NE(RandomHex(16), RandomHex(16));
  EXPECT_EQ(RandomHex(0), "");
}

}  // namespace
}  // namespace kubediag
