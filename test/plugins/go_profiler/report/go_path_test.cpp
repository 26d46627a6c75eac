#include "plugins/go_profiler/report/go_path.h"

#include <gtest/gtest.h>

namespace kubediag::report {
namespace {

TEST(CleanPath, IsTheShortestEqualPath) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "."},
      {"/", "/"},
      {"a//b/./c/", "a/b/c"},
      {"a/../b", "b"},
      {"../a", "../a"},
      {"../../a/..", "../.."},
      {"/../a", "/a"},
      {"a/b/../../..", ".."},
      {"/a/b/..", "/a"},
      {"./x.go", "x.go"},
      {"a/..", "."},
      {"///x", "/x"},
  };
  for (const auto& [path, clean] : cases) EXPECT_EQ(CleanPath(path), clean) << path;
}

TEST(BaseName, IsTheLastElement) {
  EXPECT_EQ(BaseName("/usr/bin/prog"), "prog");
  EXPECT_EQ(BaseName("/usr/bin/"), "bin");
  EXPECT_EQ(BaseName("prog"), "prog");
  EXPECT_EQ(BaseName("//"), "/");
  EXPECT_EQ(BaseName(""), ".");
}

}  // namespace
}  // namespace kubediag::report
