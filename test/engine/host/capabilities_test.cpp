// What another user for operations needs, seen by threads that have given capabilities up: they
// belong to threads.
#include "engine/host/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <initializer_list>
#include <thread>

#include "test/engine/host/runner_fixture.h"
#include "test/engine/host/thread_capabilities.h"

namespace kubediag::host {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Capabilities : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root has capabilities to give up";
  }
};

TEST_F(Capabilities, RootHasWhatAnotherUserNeeds) {
  EXPECT_TRUE(CheckCapabilitiesFor(kNobody).ok());
}

TEST_F(Capabilities, WhatIsMissingIsNamed) {
  InThread([] {
    GiveUp({CAP_KILL, CAP_CHOWN});
    const Status status = CheckCapabilitiesFor(kNobody);
    EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
    EXPECT_THAT(status.message(), HasSubstr("this process needs CAP_KILL, CAP_CHOWN"));
    EXPECT_THAT(status.message(), HasSubstr("65534:65533"));
    EXPECT_TRUE(CheckCapabilitiesFor({geteuid(), getegid()}).ok()) << "it is our own user";
  });
}

TEST_F(Capabilities, RunnerIsNotMadeWithoutThem) {
  InThread([] {
    GiveUp({CAP_KILL});
    const auto logger = MakeNullLogger();
    ProcessRunnerOptions options;
    options.host_program = "/bin/true";
    EXPECT_TRUE(ProcessRunner::Create(options, *logger).ok());
    options.user = kNobody;
    const auto runner = ProcessRunner::Create(options, *logger);
    ASSERT_FALSE(runner.ok());
    EXPECT_EQ(runner.status().code(), StatusCode::kPermissionDenied);
    EXPECT_THAT(runner.status().message(), HasSubstr("CAP_KILL"));
  });
}

// The host changes the user, after an execve() that only ambient ones survive.
TEST_F(Capabilities, OfAnotherUserThanRootMustBeAmbient) {
  InThread([] {
    BecomeUserWithCapabilities(1234);
    EXPECT_THAT(
        CheckCapabilitiesFor(kNobody).message(),
        AllOf(HasSubstr("needs CAP_SETUID, CAP_SETGID as ambient"), Not(HasSubstr("CAP_KILL"))));
    MakeAmbient({CAP_SETUID, CAP_SETGID});
    EXPECT_TRUE(CheckCapabilitiesFor(kNobody).ok());
  });
}

}  // namespace
}  // namespace kubediag::host
