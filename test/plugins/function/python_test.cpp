#include "plugins/function/python.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace kubediag::function_runner {
namespace {

TEST(FindPython, TakesTheFirstThatCanBeExecuted) {
  constexpr std::array kPaths = {"/nowhere/python3", "/etc/passwd", "/bin/sh"};
  EXPECT_EQ(*FindPython(kPaths), "/bin/sh");
}

TEST(FindPython, SaysWhereItLooked) {
  constexpr std::array kPaths = {"/nowhere/python3", "/elsewhere/python3"};
  const auto python = FindPython(kPaths);
  EXPECT_EQ(python.status().reason(), "PythonMissing");
  EXPECT_THAT(python.status().message(),
              ::testing::HasSubstr("looked for /nowhere/python3, /elsewhere/python3"));
}

}  // namespace
}  // namespace kubediag::function_runner
