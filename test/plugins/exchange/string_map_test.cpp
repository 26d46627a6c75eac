#include "plugins/exchange/string_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kubediag::exchange {
namespace {

using ::testing::HasSubstr;

TEST(StringMap, EncodesSortedAndEscaped) {
  const kubediag_pair pairs[] = {{sdk::View("b"), sdk::View("line\n\"quoted\"")},
                                 {sdk::View("a"), sdk::View("bad \xff byte")}};
  EXPECT_EQ(EncodeStringMap(Values(pairs, 2)),
            "{\"a\":\"bad \xef\xbf\xbd byte\",\"b\":\"line\\n\\\"quoted\\\"\"}");
}

TEST(StringMap, DecodesAnObjectOfStrings) {
  const auto map = DecodeStringMap(R"( {"a":"1","b":"{\"nested\":\"text\"}","a":"2"} )");
  ASSERT_TRUE(map.ok()) << map.status().ToString();
  EXPECT_EQ(*map, (StringMap{{"a", "2"}, {"b", R"({"nested":"text"})"}}));
}

TEST(StringMap, NullAndTheEmptyObjectAreEmpty) {
  EXPECT_EQ(*DecodeStringMap("null"), StringMap());
  EXPECT_EQ(*DecodeStringMap("{}"), StringMap());
}

struct WrongCase {
  std::string json;
  const char* message;
};
class WrongStringMap : public ::testing::TestWithParam<WrongCase> {};
TEST_P(WrongStringMap, SaysWhatItIs) {
  const auto map = DecodeStringMap(GetParam().json);
  ASSERT_FALSE(map.ok()) << GetParam().json.substr(0, 80);
  EXPECT_THAT(map.status().message(), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Table, WrongStringMap,
    ::testing::Values(WrongCase{"", "malformed JSON"}, WrongCase{"{", "malformed JSON"},
                      WrongCase{"{\"a\":\"b\"} trailing", "malformed JSON"},
                      WrongCase{"<html>", "malformed JSON at byte 1"},
                      WrongCase{"\"text\"", "it is a string, not an object"},
                      WrongCase{"[]", "it is an array"}, WrongCase{"1", "it is a number"},
                      WrongCase{"{\"a\":1}", "the value of \"a\" is a number, not a string"},
                      WrongCase{"{\"a\":null}", "the value of \"a\" is null"},
                      WrongCase{"{\"a\":true}", "is a boolean"},
                      WrongCase{"{\"a\":\"\xff\"}", "malformed JSON"},
                      WrongCase{"{\"a\":{\"b\":\"c\"}}", "the value of \"a\" is an object"},
                      WrongCase{std::string(10'000'000, '['), "it is an array"}));

}  // namespace
}  // namespace kubediag::exchange
