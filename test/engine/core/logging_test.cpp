#include "engine/core/logging.h"

#include <gtest/gtest.h>

namespace kubediag {
namespace {

TEST(StderrLogger, WritesJsonThatNoValueCanForge) {
  testing::internal::CaptureStderr();
  MakeStderrLogger(LogLevel::kInfo, LogFormat::kJson)
      ->Info("run ended", {{"name", "a\"b\n{\"level\":\"error\"}"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      line.find(R"("level":"info","message":"run ended","name":"a\"b\n{\"level\":\"error\"}"})"),
      std::string::npos)
      << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(StderrLogger, WritesTextWithQuotedFields) {
  testing::internal::CaptureStderr();
  MakeStderrLogger(LogLevel::kInfo, LogFormat::kText)->Warning("refused", {{"file", "x y.so"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(" warning refused file=\"x y.so\"\n"), std::string::npos) << line;
}

TEST(StderrLogger, DropsWhatIsBelowItsLevel) {
  testing::internal::CaptureStderr();
  auto logger = MakeStderrLogger(LogLevel::kWarning, LogFormat::kText);
  logger->Info("quiet");
  logger->Error("loud");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find("loud"), std::string::npos);
}

}  // namespace
}  // namespace kubediag
