// Every way in which a profile does not come about has a reason, and leaves no file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "plugins/go_profiler/operation/target.h"
#include "test/plugins/go_profiler/operation/fixture.h"

namespace kubediag::go_profiler {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct FaultCase {
  const char* fault;
  const char* reason;
  const char* message;
};
class FaultyServer : public GoProfilerTest, public ::testing::WithParamInterface<FaultCase> {};
TEST_P(FaultyServer, HasItsReasonAndLeavesNoFile) {
  Ask("Heap", std::string("/fault/") + GetParam().fault);
  const FakeRun run = host_.Run(kOperationName);
  EXPECT_EQ(run.reason, GetParam().reason) << run.message;
  EXPECT_THAT(run.message, HasSubstr(GetParam().message));
  EXPECT_THAT(run.message, HasSubstr(server_->url() + "/fault/"));
  EXPECT_FALSE(run.completed);
  EXPECT_THAT(run.results, IsEmpty());
  EXPECT_THAT(Files(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(
    Table, FaultyServer,
    ::testing::Values(FaultCase{"401", "Unauthorized", "401"}, FaultCase{"403", "Forbidden", "403"},
                      FaultCase{"404", "ProfilingDisabled", "profiling is disabled there"},
                      FaultCase{"429", "TooManyRequests", "retry after 7"},
                      FaultCase{"500", "ServerError", "demonstration of status 500"},
                      FaultCase{"redirect", "RedirectRefused", "redirects are not followed"},
                      FaultCase{"html", "NotAProfile", "HTML"},
                      FaultCase{"text", "NotAProfile", "text"},
                      FaultCase{"empty", "NotAProfile", "empty"},
                      FaultCase{"zeros", "NotAProfile", ""}, FaultCase{"half", "NotAProfile", ""},
                      FaultCase{"truncated", "Truncated", ""},
                      FaultCase{"disconnect", "Truncated", "before an answer"},
                      FaultCase{"huge", "TooLarge", "67108864"},
                      FaultCase{"announced", "TooLarge", "1099511627776"},
                      FaultCase{"encoded", "HttpError", "gzip"}),
    [](const auto& instance) { return std::string(instance.param.fault); });

TEST_F(GoProfilerTest, AHungServerEndsWithTheDeadlineAndLeavesNoFile) {
  Ask("Heap", "/fault/stall");
  host_.Timeout(std::chrono::milliseconds(400));
  const FakeRun run = host_.Run(kOperationName);
  EXPECT_THAT(run.reason, ::testing::AnyOf("Timeout", "Cancelled"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(GoProfilerTest, CancellingEndsADownloadAndLeavesNoFile) {
  Ask("Heap", "/fault/drip");
  host_.Start(kOperationName);
  while (Seen().empty()) std::this_thread::yield();
  const FakeRun run = host_.Finish();
  EXPECT_EQ(run.reason, "Cancelled");
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(GoProfilerTest, LoopbackIsDeniedWithoutPermission) {
  Ask("Heap");
  FakeHost strict;
  strict.LibexecDirectory(KUBEDIAG_BINARY_DIR "/libexec/kubediag")
      .Parameter(kTypeKey, "Heap")
      .Parameter(kSourceKey, server_->url())
      .Parameter(kSecretNameKey, "s")
      .Secret(kSecretNameKey, kTokenDataKey, kToken)
      .Secret(kSecretNameKey, kCaDataKey, certificates_.ca_pem);
  EXPECT_EQ(strict.Run(kOperationName).reason, "SourceDenied");
  EXPECT_THAT(Seen(), IsEmpty());
}

TEST_F(GoProfilerTest, AnotherCaIsUntrustedAndNeverSeesTheToken) {
  Ask("Heap");
  FakeHost host;
  host.LibexecDirectory(KUBEDIAG_BINARY_DIR "/libexec/kubediag")
      .Policy(kPolicyAllowSourceCidr, "127.0.0.0/8")
      .Parameter(kTypeKey, "Heap")
      .Parameter(kSourceKey, server_->url())
      .Parameter(kSecretNameKey, "s")
      .Secret(kSecretNameKey, kTokenDataKey, kToken)
      .Secret(kSecretNameKey, kCaDataKey, demo::MakeCertificates({.names = {"127.0.0.1"}})->ca_pem);
  EXPECT_EQ(host.Run(kOperationName).reason, "TlsUntrusted");
  EXPECT_THAT(Seen(), IsEmpty());
}

struct BadParameter {
  const char* key;
  const char* value;
  const char* reason;
  const char* message;
};
class BadParameters : public GoProfilerTest, public ::testing::WithParamInterface<BadParameter> {};
TEST_P(BadParameters, FailBeforeAnybodyIsAsked) {
  Ask("Heap");
  host_.Parameter(GetParam().key, GetParam().value);
  const FakeRun run = host_.Run(kOperationName);
  EXPECT_EQ(run.reason, GetParam().reason);
  EXPECT_THAT(run.message, HasSubstr(GetParam().message));
  EXPECT_THAT(Seen(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadParameters,
    ::testing::Values(
        BadParameter{kTypeKey, "heap", "InvalidParameter", kTypeViolation},
        BadParameter{kSourceKey, "", "MissingParameter", "Must specify go profiler source."},
        BadParameter{kSourceKey, "///", "InvalidParameter", "is not of its kind"},
        BadParameter{kSourceKey, "10.0.2.15:9090", "InvalidParameter", "is not of its kind"},
        BadParameter{kSourceKey, "ftp://10.0.2.15", "InvalidParameter", "is not of its kind"},
        BadParameter{kSourceKey, "https://name@10.0.2.15", "InvalidParameter", "not of its kind"},
        BadParameter{kSourceKey, "http://10.0.2.15/\r\nX: y", "InvalidParameter", "of its kind"},
        BadParameter{kSourceKey, "http://10.0.2.15:99999", "InvalidParameter", "of its kind"},
        BadParameter{kSourceKey, "https://10.0.2.15/?x=1", "InvalidParameter",
                     "must be a base URL"},
        BadParameter{kSourceKey, "https://10.0.2.15/#x", "InvalidParameter", "must be a base URL"},
        BadParameter{kSecretNameKey, "", "MissingParameter",
                     "Must specify secretReference name when souce is https."},
        BadParameter{kExpirationKey, "soon", "InvalidParameter", "expiration_seconds"},
        BadParameter{kExpirationKey, "2592001", "InvalidParameter",
                     "expiration_seconds must be at most 2592000"},
        BadParameter{kSecondsKey, "0", "InvalidParameter", "must be from 1 to 3600"},
        BadParameter{kSecondsKey, "3601", "InvalidParameter", "must be from 1 to 3600"}));

TEST_F(GoProfilerTest, AnHttpsSourceWithoutSecretIsRefusedInKubeDiagsWords) {
  host_.Parameter(kTypeKey, "Heap").Parameter(kSourceKey, server_->url());
  const FakeRun run = host_.Run(kOperationName);
  EXPECT_EQ(run.reason, "MissingParameter");
  EXPECT_EQ(run.message, "Must specify secretReference name when souce is https.");
}

TEST_F(GoProfilerTest, ARecordingLongerThanTheOperationsTimeIsRefusedAtOnce) {
  Ask("Profile");
  host_.Timeout(std::chrono::seconds(20));
  const FakeRun run = host_.Run(kOperationName);
  EXPECT_EQ(run.reason, "InvalidParameter");
  EXPECT_THAT(run.message, HasSubstr("a recording of 30 s does not fit"));
  EXPECT_THAT(Seen(), IsEmpty());
}

}  // namespace
}  // namespace kubediag::go_profiler
