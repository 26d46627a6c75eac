#include <gtest/gtest.h>

#include "engine/core/limits.h"
#include "engine/kubeconfig/config_tree.h"

namespace kubediag::kubeconfig {
namespace {

std::string JsonOf(const std::string& text) {
  const auto tree = ParseConfig(text);
  if (!tree.ok()) return tree.status().message();
  const auto json = ConfigNodeToJson(**tree, kMaxExecConfigBytes);
  return json.ok() ? *json : json.status().message();
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseConfig, KeepsTheKindsOfScalars) {
  EXPECT_EQ(JsonOf("{a: 1, b: '1', c: true, d: ~, e: 1.5e3, f: yes, g: [x], h: 0x10}"),
            R"({"a":1,"b":"1","c":true,"d":null,"e":1.5e3,"f":"yes","g":["x"],"h":"0x10"})");
}

TEST(ParseConfig, ReadsJson) {
  EXPECT_EQ(JsonOf(R"({"a": {"b": "c\n\"d\""}})"), R"({"a":{"b":"c\n\"d\""}})");
}

TEST(ParseConfig, ReadsTheFirstDocumentAndNothing) {
  EXPECT_EQ(JsonOf("a: 1\n---\nb: 2"), R"({"a":1})");
  EXPECT_EQ(JsonOf(""), "null");
}

TEST(ParseConfig, AliasesAndMergesMeanWhatTheyName) {
  EXPECT_EQ(JsonOf("a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, l: 3}\nd: {<<: [*x, {m: 4}]}"),
            R"({"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"k":1,"l":3},"d":{"k":1,"l":2,"m":4}})");
}

TEST(ParseConfig, ErrorsNameTheLine) {
  EXPECT_EQ(JsonOf("a: 1\na: 2"), "line 2: the key a stands twice in a map");
  EXPECT_EQ(JsonOf("a: 1\n[x]: 2"), "line 2: a key must be a string, not a list or a map");
  EXPECT_EQ(JsonOf("a: &x [*x]"), "line 1: an alias to what it stands in");
  EXPECT_EQ(JsonOf("a:\n  <<: 3"), "line 2: the merge key << takes a map or a list of maps");
  EXPECT_EQ(JsonOf("a: 'x").substr(0, 6), "line 1");
}

TEST(ParseConfig, NestingHasACap) {
  EXPECT_TRUE(ParseConfig(Nested(kMaxKubeconfigDepth)).ok());
  EXPECT_EQ(ParseConfig(Nested(kMaxKubeconfigDepth + 1)).status().message(),
            "line 1: nested more than 32 deep");
  EXPECT_FALSE(ParseConfig(std::string(100000, '[')).ok());
}

TEST(ParseConfig, NestingThroughAliasesHasTheSameCap) {
  std::string chain = "a0: &a0 []\n";
  for (int i = 1; i < 100; ++i) {
    const std::string name = "a" + std::to_string(i);
    chain += name + ": &" + name + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_EQ(ParseConfig(chain).status().message(), "line 32: nested more than 32 deep");
}

TEST(ParseConfig, AnAliasBombCostsNothingAndWritesNoMoreThanTheCap) {
  std::string bomb = "a0: &a0 [lol, lol]\n";
  for (int i = 1; i < 25; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_TRUE(ParseConfig(bomb).ok());
  EXPECT_EQ(JsonOf(bomb), "larger than 262144 bytes");
}

TEST(ParseConfig, AMergeBombHasACap) {
  std::string bomb = "base: &m {";
  for (int i = 0; i < 1000; ++i) bomb += "k" + std::to_string(i) + ": 1, ";
  bomb += "z: 1}\nall:\n";
  for (int i = 0; i < 1000; ++i) bomb += "- {<<: *m}\n";
  EXPECT_NE(ParseConfig(bomb).status().message().find("more than 500000 values"),
            std::string::npos);
}

}  // namespace
}  // namespace kubediag::kubeconfig
