// `kubediag run --operation-user` with an engine that is killed and started again.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <regex>
#include <string>

#include "engine/host/reachable.h"
#include "test/engine/cli/kubediag_test.h"
#include "test/engine/http/raw_client.h"

namespace kubediag::cli {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUser = 65534;
constexpr gid_t kGroup = 65533;

class OperationUserTest : public KubediagTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root may run operations as another user";
    folders_.Make("operations");
    TakeModule(std::string(KUBEDIAG_TEST_HOLDS) + "/holds.so");
  }
  void TakeModule(const fs::path& module) const {
    fs::copy_file(module, folders_.Path("operations/" + module.filename().string()));
  }
  KubediagProcess::Setup SetupFor(std::vector<std::string> more = {}) const {
    KubediagProcess::Setup setup;
    setup.arguments = {"run",
                       "-f",
                       "all.yaml",
                       "--node-name",
                       "node-1",
                       "--operation-user",
                       "65534:65533",
                       "--viewer-ports",
                       "0",
                       "--data-root",
                       folders_.Path("data"),
                       "--operations-dir",
                       folders_.Path("operations")};
    setup.arguments.insert(setup.arguments.end(), more.begin(), more.end());
    setup.directory = folders_.Path("");
    return setup;
  }
  // The one folder of a run beneath `folder`.
  std::string RunFolder(const std::string& folder) const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(folders_.Path("data/" + folder))) {
      EXPECT_EQ(found, "") << "more than one";
      found = entry.path();
    }
    return found;
  }
  static struct stat Look(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
    return info;
  }
  static bool IsOurs(const std::string& path) {
    return Look(path).st_uid == geteuid() && (Look(path).st_mode & 07777U) == 0700U;
  }
};

TEST_F(OperationUserTest, WhatAKilledEngineHasLentIsTakenBackByTheNext) {
  folders_.Write("all.yaml", Chain("holds", {"hold"}) + Diagnosis("one", "holds"));
  {
    KubediagProcess program(SetupFor());
    ASSERT_TRUE(program.AwaitError("holding")) << program.error();
    program.Signal(SIGKILL);
    EXPECT_EQ(program.Wait(), 128 + SIGKILL);
  }
  const std::string lent = RunFolder("held");
  EXPECT_EQ(Look(lent).st_uid, kUser);
  EXPECT_EQ(Look(lent).st_mode & 07777U, 07777U);

  KubediagProcess next(SetupFor());
  EXPECT_EQ(next.Wait(), 1) << next.error();
  EXPECT_THAT(next.error(), testing::HasSubstr("it must not be run twice"));
  EXPECT_TRUE(IsOurs(lent));
}

// The profile belongs to the user, its folder is lent to him again.
TEST_F(OperationUserTest, APageIsServedAgainByTheNextEngine) {
  const Status reachable =
      host::CheckReachable(std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag", {kUser, kGroup});
  if (!reachable.ok())
    GTEST_SKIP() << "the user must start kubediag-fetch: " << reachable.message();
  TakeModule(std::string(KUBEDIAG_OPERATIONS) + "/go_profiler.so");
  KubediagProcess::Setup demo;
  demo.program = std::string(KUBEDIAG_BINARY_DIR) + "/bin/kubediag-demo-apiserver";
  demo.arguments = {"--recordings",
                    std::string(KUBEDIAG_SOURCE_DIR) + "/plugins/go_profiler/demo/recordings",
                    "--credentials", folders_.Make("credentials")};
  KubediagProcess server(demo);
  ASSERT_TRUE(server.AwaitOutput("\n")) << server.error();
  const std::string source = server.output().substr(0, server.output().find('\n'));
  const std::string prefix = "param.diagnoser.runtime.go_profiler.";
  const std::string indent = "\n    ";
  folders_.Write(
      "all.yaml",
      Chain("profiles", {"go-profiler", "hold"}) +
          Diagnosis("one", "profiles",
                    prefix + "source: " + source + indent + prefix + "type: Heap" + indent +
                        prefix + "tls.secret_reference.namespace: kubediag" + indent + prefix +
                        "tls.secret_reference.name: apiserver-profiler-sa-token"));
  const std::vector<std::string> more = {"-f", "credentials", "--allow-source-cidr", "127.0.0.0/8"};
  {
    KubediagProcess program(SetupFor(more));
    ASSERT_TRUE(program.AwaitError("holding")) << program.error();
    program.Signal(SIGKILL);
    EXPECT_EQ(program.Wait(), 128 + SIGKILL);
  }
  const std::string folder = RunFolder("profilers/go/pprof");
  EXPECT_EQ(Look(folder).st_uid, kUser);

  KubediagProcess next(SetupFor(more));
  ASSERT_TRUE(next.AwaitOutput("phase: Failed")) << next.error();
  EXPECT_THAT(next.error(), testing::HasSubstr("resumed"));
  EXPECT_EQ(Look(folder).st_uid, kUser) << "its page is served";
  const std::string status = next.output();
  const std::regex address(R"(Visit http://127\.0\.0\.1:(\d+)(/[0-9a-f]{32}/))");
  std::smatch page;
  ASSERT_TRUE(std::regex_search(status, page, address)) << status;
  http::RawClient client(static_cast<uint16_t>(std::stoi(page[1])));
  const http::RawResponse response = client.Ask(http::Get(page[2].str()));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, testing::HasSubstr("<html"));
  next.Signal(SIGTERM);
  EXPECT_EQ(next.Wait(), 1) << next.error();
  EXPECT_TRUE(IsOurs(folder));
}

}  // namespace
}  // namespace kubediag::cli
