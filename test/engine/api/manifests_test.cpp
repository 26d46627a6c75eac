// Whole files: what KubeDiag published passes, each defect has a file with what must be said of it,
// and the samples for users are good.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/api/decode.h"
#include "engine/api/encode.h"
#include "engine/api/validate.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/graph/check_object.h"

namespace kubediag::api {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = KUBEDIAG_SOURCE_DIR;

std::vector<fs::path> ManifestsIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Checked {
  std::vector<DecodedObject> objects;
  std::vector<Diagnostic> diagnostics;
};

Checked Check(const fs::path& file) {
  Decoded decoded = Decode(*ReadFile(file, kMaxManifestBytes), file.filename().string());
  std::vector<Diagnostic> found = std::move(decoded.diagnostics);
  for (const DecodedObject& object : decoded.objects) {
    for (Diagnostic& violation : graph::CheckGraph(object)) found.push_back(std::move(violation));
  }
  for (Diagnostic& problem : ValidateAll(decoded.objects)) found.push_back(std::move(problem));
  std::stable_sort(found.begin(), found.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return {std::move(decoded.objects), std::move(found)};
}

std::string TestName(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.filename().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class PublishedManifest : public testing::TestWithParam<fs::path> {};

TEST_P(PublishedManifest, PassesWithoutErrors) {
  const Checked checked = Check(GetParam());
  for (const Diagnostic& found : checked.diagnostics) {
    const bool skipped = found.severity == Severity::kWarning &&
                         found.message.find("is skipped") != std::string::npos;
    EXPECT_TRUE(skipped) << found.ToString();
  }
}

TEST_P(PublishedManifest, PrintsWhatReadsBackAsTheSame) {
  for (const DecodedObject& object : Check(GetParam()).objects) {
    const std::string printed = EncodeYaml(object.object);
    const Decoded again = Decode(printed, "printed");
    EXPECT_TRUE(again.diagnostics.empty()) << printed;
    ASSERT_EQ(again.objects.size(), 1U);
    EXPECT_EQ(EncodeJson(again.objects[0].object), EncodeJson(object.object));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PublishedManifest,
                         testing::ValuesIn(ManifestsIn(kSource / "test/engine/api/published")),
                         TestName);

class BadManifest : public testing::TestWithParam<fs::path> {};

// KUBEDIAG_UPDATE_EXPECTED=1 writes the expectations anew, to be read before they are committed.
TEST_P(BadManifest, IsReportedAsExpected) {
  std::string report;
  bool has_error = false;
  for (const Diagnostic& found : Check(GetParam()).diagnostics) {
    report += found.ToString() + "\n";
    has_error |= found.severity == Severity::kError;
  }
  fs::path expected = GetParam();
  expected += ".expected";
  if (std::getenv("KUBEDIAG_UPDATE_EXPECTED") != nullptr) std::ofstream(expected) << report;
  const auto text = ReadFile(expected, kMaxManifestBytes);
  ASSERT_TRUE(text.ok()) << text.status().ToString();
  EXPECT_EQ(report, *text);
  const bool only_warns = GetParam().filename().string().find("warning-") == 0;
  EXPECT_EQ(has_error, !only_warns);
}

INSTANTIATE_TEST_SUITE_P(Files, BadManifest,
                         testing::ValuesIn(ManifestsIn(kSource / "test/engine/api/bad")), TestName);

class SampleManifest : public testing::TestWithParam<fs::path> {};

TEST_P(SampleManifest, HasNothingToSayAgainst) {
  const Checked checked = Check(GetParam());
  for (const Diagnostic& found : checked.diagnostics) ADD_FAILURE() << found.ToString();
  EXPECT_FALSE(checked.objects.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, SampleManifest,
                         testing::ValuesIn(ManifestsIn(kSource / "manifests/samples")), TestName);

}  // namespace
}  // namespace kubediag::api
