#include "engine/core/byte_codec.h"

#include <gtest/gtest.h>

namespace kubediag {
namespace {

using namespace std::string_literals;

TEST(ByteCodec, GivesBackWhatWasWritten) {
  ByteWriter writer;
  writer.Byte(7);
  writer.Bool(true);
  writer.U32(0xFEDCBA98);
  writer.U64(0xFEDCBA9876543210);
  writer.I64(-3);
  writer.Text("a\0b"s);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.Byte(), 7);
  EXPECT_TRUE(reader.Bool());
  EXPECT_EQ(reader.U32(), 0xFEDCBA98);
  EXPECT_EQ(reader.U64(), 0xFEDCBA9876543210);
  EXPECT_EQ(reader.I64(), -3);
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.Text(), "a\0b"s);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteCodec, NumbersAreLittleEndianAndTextsHaveTheirLengthBefore) {
  ByteWriter writer;
  writer.U32(0x01020304);
  writer.Text("z");
  EXPECT_EQ(writer.bytes(), "\x04\x03\x02\x01\x01\0\0\0\0\0\0\0z"s);
}

TEST(ByteCodec, ReadsNothingBeyondTheEndAndStaysFailed) {
  ByteReader reader("\x01\x02\x03"s);
  EXPECT_EQ(reader.U32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Byte(), 0) << "the bytes that are left are not read any more";
  EXPECT_FALSE(reader.AtEnd());
}

TEST(ByteCodec, RefusesATextLongerThanWhatFollows) {
  ByteWriter writer;
  writer.U64(UINT64_MAX);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.Text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteCodec, RefusesMoreItemsThanThereAreBytesFor) {
  ByteWriter writer;
  writer.U32(3);
  writer.U64(0);
  writer.U64(0);
  ByteReader enough(writer.bytes());
  EXPECT_EQ(enough.Count(5), 3U);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.Count(8), 0U);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace kubediag
