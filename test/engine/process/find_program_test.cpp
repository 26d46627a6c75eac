#include "engine/process/find_program.h"

#include <gtest/gtest.h>

namespace kubediag::process {
namespace {

TEST(FindProgram, LooksThroughAbsoluteFoldersInOrder) {
  EXPECT_EQ(*FindProgram("sh", "/no/such/folder:/usr/bin:/bin"), "/usr/bin/sh");
  EXPECT_EQ(*FindProgram("sh", "/bin"), "/bin/sh");
}

TEST(FindProgram, NeverLooksWhereTheUserHappensToBe) {
  for (const char* path : {"", ":", ".", "bin:./bin:", "::"}) {
    EXPECT_EQ(FindProgram("sh", path).status().code(), StatusCode::kNotFound) << path;
  }
}

TEST(FindProgram, TakesAPathAsItIs) {
  EXPECT_EQ(*FindProgram("/bin/sh", ""), "/bin/sh");
  EXPECT_EQ(FindProgram("/etc/passwd", "").status().message(), "is not an executable file");
  EXPECT_FALSE(FindProgram("/bin", "").ok());
}

TEST(FindProgram, FindsNothingUnderNoName) { EXPECT_FALSE(FindProgram("", "/bin").ok()); }

}  // namespace
}  // namespace kubediag::process
