// Every file of malformed/ has one defect and says what the decoder must answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "plugins/go_profiler/profile/decode.h"
#include "test/plugins/go_profiler/support/test_files.h"

namespace kubediag::profile {
namespace {

using testing::ReadHexFile;

std::vector<std::string> MalformedFiles() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(KUBEDIAG_MALFORMED_DIR)) {
    if (entry.path().extension() == ".hex") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(Malformed, IsRefusedWithItsReason) {
  const auto path = std::filesystem::path(KUBEDIAG_MALFORMED_DIR) / (GetParam() + ".hex");
  const testing::HexFile file = ReadHexFile(path);
  ASSERT_FALSE(file.says.empty());
  const Result<Profile> profile = Parse(file.bytes);
  ASSERT_FALSE(profile.ok());
  EXPECT_EQ(StatusCodeName(profile.status().code()), file.code) << profile.status().message();
  EXPECT_NE(profile.status().message().find(file.says), std::string::npos)
      << "says: " << profile.status().message();
}

INSTANTIATE_TEST_SUITE_P(Files, Malformed, ::testing::ValuesIn(MalformedFiles()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MalformedFiles, AreThere) { EXPECT_GE(MalformedFiles().size(), 60U); }

// No prefix of a profile is a profile: whatever is cut off, something is missing or contradictory.
TEST(Truncation, IsNoticedAtEveryByteOfTheGzipFile) {
  const std::vector<uint8_t> whole = testing::ReadRecording("threadcreate");
  ASSERT_TRUE(Parse(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Parse(std::span(whole).first(size)).ok()) << size;
  }
}

}  // namespace
}  // namespace kubediag::profile
