#include "engine/diagnosis/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::IsEmpty;

class ResultsTest : public ExecutorTest {
 protected:
  ResultsTest() {
    auto opened = OpenDirectory(options.data_root);
    root = *std::move(opened);
    folder.emplace(root.get(), "runs/uid/results/stamp");
  }

  Result<ResultMap> Take(std::map<std::string, std::string> emitted) {
    return TakeResults(std::move(emitted), "1-1", *folder);
  }

  UniqueFd root;
  std::optional<ResultFolder> folder;
};

TEST_F(ResultsTest, AValueStaysInTheStatusUpToTheCapAndIsAnArtifactBeyond) {
  auto taken = Take({{"at", std::string(kMaxStatusValueBytes, 'a')},
                     {"past", std::string(kMaxStatusValueBytes + 1, 'b')}});
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  api::DiagnosisStatus status;
  ASSERT_TRUE(PutResults(*taken, *folder, status).ok());
  EXPECT_EQ(status.operation_results.size(), 1U);
  EXPECT_EQ(status.operation_results.count("at"), 1U);
  ASSERT_EQ(status.artifacts.size(), 1U);
  const api::Artifact& artifact = status.artifacts[0];
  EXPECT_EQ(artifact.key, "past");
  EXPECT_EQ(artifact.path, "runs/uid/results/stamp/1-1/past");
  EXPECT_EQ(artifact.size, static_cast<int64_t>(kMaxStatusValueBytes + 1));
  auto saved = ReadFile(Path(artifact.path), 1 << 20);
  ASSERT_TRUE(saved.ok());
  EXPECT_EQ(Sha256Hex(*saved), artifact.sha256);
}

TEST_F(ResultsTest, AllValuesTogetherStayWithinTheTotalAndTheLargestLeaveFirst) {
  // Keys of one byte each are counted too: exactly the total.
  const size_t half = kMaxStatusResultBytes / 2;
  std::map<std::string, std::string> emitted = {{"a", std::string(half - 1, 'a')},
                                                {"b", std::string(half - 1, 'b')}};
  api::DiagnosisStatus status;
  ASSERT_TRUE(PutResults(*Take(emitted), *folder, status).ok());
  EXPECT_EQ(status.operation_results.size(), 2U);
  EXPECT_THAT(status.artifacts, IsEmpty());

  status = {};
  emitted["c"] = "";  // one past
  ASSERT_TRUE(PutResults(*Take(emitted), *folder, status).ok());
  EXPECT_EQ(status.operation_results.count("c"), 1U);
  ASSERT_EQ(status.artifacts.size(), 1U);
  EXPECT_EQ(status.artifacts[0].key, "b");
}

TEST_F(ResultsTest, CountsAndSizesAreCapped) {
  std::map<std::string, std::string> emitted;
  for (size_t i = 0; i < kMaxResultKeys; ++i) emitted["k" + std::to_string(i)] = "";
  EXPECT_TRUE(Take(emitted).ok());
  emitted["one.past"] = "";
  EXPECT_EQ(Take(emitted).status().reason(), "ResultLimit");
  EXPECT_TRUE(Take({{std::string(kMaxResultKeyBytes, 'k'), ""}}).ok());
  EXPECT_FALSE(Take({{std::string(kMaxResultKeyBytes + 1, 'k'), ""}}).ok());
}

TEST_F(ResultsTest, KeysCannotLeaveTheirFolder) {
  for (const char* bad : {"", "a/b", "../x", "a b", "ä"}) {
    EXPECT_EQ(Take({{bad, "v"}}).status().code(), StatusCode::kInvalidArgument) << bad;
  }
  const std::string large(kMaxStatusValueBytes + 1, 'x');
  ASSERT_TRUE(Take({{".", large}, {"..", large}}).ok());
  EXPECT_TRUE(std::filesystem::exists(Path("runs/uid/results/stamp/1-1/%2E%2E")));
}

TEST_F(ResultsTest, ManyLargeValuesAreSavedToo) {
  std::map<std::string, std::string> emitted;
  for (size_t i = 0; i <= kMaxSyncedFiles; ++i) {
    emitted["k" + std::to_string(i)] = std::string(kMaxStatusValueBytes + 1 + i, 'x');
  }
  ASSERT_TRUE(Take(emitted).ok());
  for (const auto& [key, value] : emitted) {
    EXPECT_EQ(std::filesystem::file_size(Path("runs/uid/results/stamp/1-1/" + key)), value.size());
  }
}

TEST_F(ResultsTest, ARecordBringsEveryValueBackWhole) {
  auto taken = Take({{"small", "s"}, {"large", std::string(kMaxStatusValueBytes + 1, 'x')}});
  ASSERT_TRUE(taken.ok());
  const auto recorded = ToRecord(*taken);
  EXPECT_THAT(recorded.at("large").bytes, IsEmpty());
  auto back = FromRecord(recorded, "1-1", root.get());
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->at("small")->value, "s");
  EXPECT_EQ(back->at("large")->value.size(), kMaxStatusValueBytes + 1);
  EXPECT_EQ(MapDigest("base", *back), MapDigest("base", *taken));

  std::ofstream(Path(*recorded.at("large").saved_path)) << "something else";
  EXPECT_EQ(FromRecord(recorded, "1-1", root.get()).status().code(), StatusCode::kDataLoss);
}

TEST_F(ResultsTest, DigestsTellMapsApart) {
  const auto one = Take({{"a", "1"}});
  EXPECT_NE(MapDigest("x", *one), MapDigest("y", *one));
  EXPECT_NE(MapDigest("x", *one), MapDigest("x", *Take({{"a", "2"}})));
  EXPECT_NE(MapDigest("x", *one), MapDigest("x", {}));
}

TEST_F(ResultsTest, ALargeResultReachesLaterOperationsWhole) {
  const std::string large(100 * kKiB, 'x');
  Add("collect", [&](const operation::Job&, const std::stop_token&) {
    return Succeed({{"big", large}});
  });
  Add("use", [&](const operation::Job& job, const std::stop_token&) {
    EXPECT_EQ(job.parameters.at("big"), large);
    return Succeed();
  });
  AddSet({{1}, {2}, {}}, {"collect", "use"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(runner.Runs("use"), 1U);
  EXPECT_THAT(done.status.operation_results, IsEmpty());
  ASSERT_EQ(done.status.artifacts.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(Path(done.status.artifacts[0].path)));
}

TEST_F(ResultsTest, FilesOfAnOperationAreDescribedAndItsFolderIsKubeDiags) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.artifact_folder = "profilers/go/pprof";
  Add(profiler, [](const operation::Job& job, const std::stop_token&) {
    EXPECT_GE(job.artifact_directory, 0);
    std::ofstream(job.artifact_path + "/a.prof") << "profile";
    operation::RunOutcome outcome = Succeed();
    outcome.artifacts.push_back({.key = "file", .path = "a.prof"});
    return outcome;
  });
  AddSet({{1}, {}}, {"profiler"});
  AddDiagnosis({}, [](api::Diagnosis& diagnosis) {
    diagnosis.spec.pod_reference =
        api::PodReference{.namespace_name = "ns", .name = "web-0", .container = ""};
  });
  const api::Diagnosis done = Run();
  ASSERT_EQ(done.status.artifacts.size(), 1U) << done.status.message;
  EXPECT_THAT(done.status.artifacts[0].path,
              testing::MatchesRegex("profilers/go/pprof/ns\\.web-0\\./[0-9]+/a\\.prof"));
  EXPECT_EQ(done.status.artifacts[0].size, 7);
  EXPECT_EQ(done.status.artifacts[0].sha256, Sha256Hex("profile"));
}

TEST_F(ResultsTest, AFileThatIsNotThereFailsTheOperationAndLeavesNoFolder) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.artifact_folder = "files";
  Add(profiler, [](const operation::Job&, const std::stop_token&) {
    operation::RunOutcome outcome = Succeed();
    outcome.artifacts.push_back({.key = "file", .path = "../../etc/passwd"});
    return outcome;
  });
  AddSet({{1}, {}}, {"profiler"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.operations[0].reason, "ArtifactMissing");
  EXPECT_TRUE(std::filesystem::is_empty(Path("files")));
}

TEST_F(ResultsTest, RunsOfTheSameSecondGetFoldersOfTheirOwn) {
  operation::OperationDescriptor profiler = Module("profiler");
  profiler.artifact_folder = "files";
  Add(profiler, [](const operation::Job& job, const std::stop_token&) {
    std::ofstream(job.artifact_path + "/x") << "x";
    return Succeed();
  });
  AddSet({{1, 2, 3}, {}, {}, {}}, {"profiler", "profiler", "profiler"}, api::Strategy::kAllPaths);
  AddDiagnosis();
  Run();
  size_t folders = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(Path("files"))) {
    ++folders;
  }
  EXPECT_EQ(folders, 3U);
}

}  // namespace
}  // namespace kubediag::diagnosis
