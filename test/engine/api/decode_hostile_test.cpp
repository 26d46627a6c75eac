// Files that are broken, endless or no text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/decode.h"
#include "engine/core/limits.h"
#include "test/engine/api/decode_texts.h"

namespace kubediag::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Decode, ReportsBrokenJson) {
  EXPECT_THAT(ErrorsOf("{\"kind\": \"x\""), ElementsAre(HasSubstr("f.yaml:1:12: error: syntax")));
}

TEST(Decode, UnderstandsAnchorsAndMergeKeys) {
  const auto set = Only<OperationSet>(
      "apiVersion: diagnosis.kubediag.org/v1\n"
      "kind: OperationSet\n"
      "metadata: {name: s}\n"
      "spec:\n"
      "  adjacencyList:\n"
      "  - {id: 0, to: [1, 2]}\n"
      "  - &probe {id: 1, operation: probe}\n"
      "  - <<: *probe\n"
      "    id: 2\n");
  EXPECT_EQ(set.adjacency_list.at(2).operation, "probe");
  EXPECT_EQ(set.adjacency_list.at(2).id, 2);
}

TEST(Decode, RefusesAliasesThatExpandWithoutEnd) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char level = 'b'; level < 'm'; ++level) {
    const char before = static_cast<char>(level - 1);
    bomb += std::string(1, level) + ": &" + level + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i > 0 ? ", *" : "*") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(ErrorsOf(bomb), ElementsAre(HasSubstr("more than 4 MiB")));
}

TEST(Decode, RefusesAnAliasToWhatItStandsIn) {
  EXPECT_THAT(ErrorsOf("a: &a [*a]\n"), ElementsAre(HasSubstr("an alias to what it stands in")));
}

TEST(Decode, RefusesDepthBeyondTheCap) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  const std::string head = "{apiVersion: v1, kind: Pod, x: ";
  EXPECT_THAT(ErrorsOf(head + nested(kMaxManifestDepth - 1) + "}"),
              ElementsAre(HasSubstr("is skipped")));
  EXPECT_THAT(ErrorsOf(head + nested(kMaxManifestDepth) + "}"),
              ElementsAre(HasSubstr("nested more than 64 deep")));
  EXPECT_THAT(ErrorsOf("{\"x\": " + nested(100'000) + "}"),
              ElementsAre(HasSubstr("nested more than 64 deep")));
  EXPECT_THAT(ErrorsOf("x: " + nested(100'000)), ElementsAre(HasSubstr("nested")));
}

TEST(Decode, RefusesAFileBeyondTheCap) {
  const std::string text(kMaxManifestBytes + 1, ' ');
  EXPECT_THAT(ErrorsOf(text), ElementsAre("f.yaml: error: larger than 64 MiB"));
  EXPECT_THAT(ErrorsOf(text.substr(1)), IsEmpty());
}

TEST(Decode, RefusesBytesThatAreNoText) {
  EXPECT_THAT(ErrorsOf("a: b\nc: \xFF\n"), ElementsAre("f.yaml:2:4: error: not UTF-8 text"));
  EXPECT_THAT(ErrorsOf(std::string("a: \x04\n")),
              ElementsAre("f.yaml:1:4: error: the control character 0x04 is not allowed in text"));
  EXPECT_THAT(ErrorsOf(std::string("\xFF\xFE"
                                   "a\0",
                                   4)),
              ElementsAre(HasSubstr("not UTF-8")));
}

TEST(Decode, BoundsTheNumberOfDiagnostics) {
  std::string text = std::string(kDiagnosisHead) + "  parameters:\n";
  for (int i = 0; i < 3000; ++i) text += "    k" + std::to_string(i) + ": 1\n";
  const Decoded decoded = Decode(text, "f.yaml");
  EXPECT_THAT(decoded.diagnostics, SizeIs(kMaxManifestDiagnostics + 1));
  EXPECT_EQ(decoded.diagnostics.back().message, "and 2000 more");
  EXPECT_FALSE(decoded.ok());
}

TEST(Decode, MessagesStayShortWhateverTheFileHolds) {
  const std::string name(100'000, 'x');
  std::string text = "{apiVersion: v1, kind: Secret, metadata: {labels: {";
  text.append(name).append(": 1}, name: ").append(name).append("}}");
  const auto errors = ErrorsOf(text);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_LT(errors[0].size(), 3000U);
}

}  // namespace
}  // namespace kubediag::api
