#include "plugins/go_profiler/operation/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "test/plugins/go_profiler/operation/fixture.h"

namespace kubediag::go_profiler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string BytesOf(const std::string& name) {
  return ReadFile(KUBEDIAG_SOURCE_DIR "/plugins/go_profiler/demo/recordings/" + name, 1 << 20)
      .value();
}

TEST_F(GoProfilerTest, ServesAHeapProfileAndSaysWhere) {
  Ask("Heap");
  host_.Start(kOperationName);
  ASSERT_TRUE(host_.WaitUntilServing());
  EXPECT_THAT(Get(host_.base_url()), StartsWith("HTTP/1.1 200 "));
  const FakeRun run = host_.Finish();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_TRUE(run.completed);
  EXPECT_EQ(run.linger, std::chrono::seconds(7200));
  EXPECT_EQ(run.results.at("diagnoser.runtime.go_profiler.result.endpoint"),
            "Visit " + host_.base_url() + ", this server will expire in 7200 seconds.");
  EXPECT_THAT(run.unknown_parameters, ElementsAre("diagnosis.name", "diagnosis.namespace", "node"));
}

TEST_F(GoProfilerTest, LeavesTheFileAsDownloadedUnderKubeDiagsName) {
  Ask("Heap");
  const FakeRun run = RunToPage();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_THAT(Files(), ElementsAre("default.go-profiler.Heap.prof"));
  const std::string path = host_.artifact_path() + "/default.go-profiler.Heap.prof";
  const std::string bytes = ReadFile(path, 1 << 20).value();
  EXPECT_EQ(bytes, BytesOf("heap.pb.gz"));
  EXPECT_EQ(run.results.at(kFileKey), path);
  EXPECT_EQ(run.results.at(kSizeKey), std::to_string(bytes.size()));
  EXPECT_EQ(run.results.at(kSha256Key), Sha256Hex(bytes));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_EQ(run.artifacts.size(), 1U);
  EXPECT_EQ(run.artifacts[0].path, "default.go-profiler.Heap.prof");
}

TEST_F(GoProfilerTest, TellsTheHottestFunctions) {
  Ask("Heap");
  const FakeRun run = RunToPage();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_EQ(run.results.at(kSampleTypeKey), "inuse_space");
  // As pprof -top has them.
  EXPECT_EQ(run.results.at(kTotalKey), "115.73MB");
  EXPECT_EQ(run.results.at(kTopKey),
            "k8s.io/kube-openapi/pkg/schemamutation.(*Walker).WalkSchema 7MB 6.05%, "
            "encoding/json.Marshal 5.77MB 4.99%, "
            "k8s.io/kube-openapi/pkg/builder3.(*openAPI).buildParameter 4.50MB 3.89%, "
            "k8s.io/kube-openapi/pkg/internal/third_party/go-json-experiment/"
            "json.MarshalOptions.Marshal 4.19MB 3.62%, "
            "reflect.growslice 4.02MB 3.47%");
  EXPECT_THAT(run.results.at(kSummaryKey),
              testing::MatchesRegex("Heap of https://[^ ]+: inuse_space 115.73MB; most in "
                                    ".*WalkSchema 7MB 6.05%"));
}

struct TypeCase {
  const char* type;
  const char* target;
  const char* recording;
};
class EachType : public GoProfilerTest, public ::testing::WithParamInterface<TypeCase> {};
TEST_P(EachType, IsAskedForAtItsPath) {
  Ask(GetParam().type);
  const FakeRun run = RunToPage();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  ASSERT_EQ(Seen().size(), 1U);
  EXPECT_EQ(Seen()[0].target, GetParam().target);
  EXPECT_EQ(Seen()[0].Header("authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(run.results.at(kSha256Key), Sha256Hex(BytesOf(GetParam().recording)));
  EXPECT_THAT(run.results.at(kSummaryKey), ::testing::Not(HasSubstr("looks like")));
}
INSTANTIATE_TEST_SUITE_P(
    Table, EachType,
    ::testing::Values(TypeCase{"Profile", "/debug/pprof/profile?seconds=30", "cpu.pb.gz"},
                      TypeCase{"Heap", "/debug/pprof/heap", "heap.pb.gz"},
                      TypeCase{"Goroutine", "/debug/pprof/goroutine", "goroutine.pb.gz"},
                      TypeCase{"Allocs", "/debug/pprof/allocs", "allocs.pb.gz"},
                      TypeCase{"Block", "/debug/pprof/block", "block.pb.gz"},
                      TypeCase{"Mutex", "/debug/pprof/mutex", "block.pb.gz"},
                      TypeCase{"Threadcreate", "/debug/pprof/threadcreate", "threadcreate.pb.gz"}),
    [](const auto& instance) { return std::string(instance.param.type); });

TEST_F(GoProfilerTest, AProfileOfAnotherTypeIsServedAndRemarked) {
  const std::string remark = "what the source served looks like Profile, not like Heap";
  served_instead_ = "/debug/pprof/profile";
  Ask("Heap");
  const FakeRun run = RunToPage();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_THAT(run.results.at(kSummaryKey), ::testing::EndsWith("; " + remark));
  const auto warnings = std::count_if(run.log.begin(), run.log.end(),
                                      [&](const auto& line) { return line.text == remark; });
  EXPECT_EQ(warnings, 1);
}

TEST_F(GoProfilerTest, SecondsAskForALengthOrADifference) {
  Ask("Heap");
  host_.Parameter(kSecondsKey, "5");
  EXPECT_TRUE(RunToPage().ok());
  host_.Parameter(kTypeKey, "Profile");
  EXPECT_TRUE(RunToPage().ok());
  ASSERT_EQ(Seen().size(), 2U);
  EXPECT_EQ(Seen()[0].target, "/debug/pprof/heap?seconds=5");
  EXPECT_EQ(Seen()[1].target, "/debug/pprof/profile?seconds=5");
}

TEST_F(GoProfilerTest, SlashesAtTheEndOfTheSourceAreNotDoubled) {
  Ask("Heap", "//");
  EXPECT_TRUE(RunToPage().ok());
  EXPECT_EQ(Seen()[0].target, "/debug/pprof/heap");
}

TEST_F(GoProfilerTest, ExpirationIsAsGivenAndDefaultsWhenNotPositive) {
  Ask("Heap");
  host_.Parameter(kExpirationKey, "60");
  FakeRun run = RunToPage();
  EXPECT_EQ(run.linger, std::chrono::seconds(60));
  EXPECT_THAT(run.results.at(kEndpointKey), HasSubstr("will expire in 60 seconds."));
  for (const char* none : {"0", "-5"}) {
    host_.Parameter(kExpirationKey, none);
    run = RunToPage();
    EXPECT_EQ(run.linger, std::chrono::seconds(7200)) << none;
  }
}

TEST_F(GoProfilerTest, APlainSourceNeverSeesTheToken) {
  std::string authorization = "not asked";
  const auto plain =
      demo::Server::Start({}, [&](const demo::Request& request, demo::Connection& connection) {
        authorization = request.Header("authorization");
        return connection.Write(demo::Serialize({.body = BytesOf("heap.pb.gz")}));
      }).value();
  Ask("Heap");
  host_.Parameter(kSourceKey, plain->url());
  const FakeRun run = RunToPage();
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_EQ(authorization, "");
  ASSERT_THAT(run.log, ::testing::Not(IsEmpty()));
  EXPECT_THAT(run.log[0].text, HasSubstr("token is not sent"));
}

TEST_F(GoProfilerTest, APlainSourceNeedsNoSecret) {
  const auto plain =
      demo::Server::Start({}, [&](const demo::Request&, demo::Connection& connection) {
        return connection.Write(demo::Serialize({.body = BytesOf("heap.pb.gz")}));
      }).value();
  host_.Parameter(kTypeKey, "Heap").Parameter(kSourceKey, plain->url());
  const FakeRun run = RunToPage();
  EXPECT_TRUE(run.ok()) << run.reason << ": " << run.message;
}

TEST_F(GoProfilerTest, ThePageEndsWithTheRun) {
  Ask("Heap");
  ASSERT_TRUE(RunToPage().ok());
  // The fake host keeps the socket open; nobody answers on it any more.
  host_.Start(kOperationName);
  ASSERT_TRUE(host_.WaitUntilServing());
  EXPECT_THAT(Get(host_.base_url()), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(host_.Finish().ok());
}

}  // namespace
}  // namespace kubediag::go_profiler
