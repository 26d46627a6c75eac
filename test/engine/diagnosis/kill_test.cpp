// A run that is killed at each of its writes and syncs and started again: its operations leave
// marks in files, and no mark of an operation that must not run twice stands there twice.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "test/engine/diagnosis/fixture.h"
#include "test/engine/diagnosis/kill_points.h"

namespace kubediag::diagnosis {
namespace {

constexpr char kRootVariable[] = "KUBEDIAG_KILL_TEST_ROOT";
constexpr char kCallVariable[] = "KUBEDIAG_KILL_TEST_CALL";
constexpr char kMomentVariable[] = "KUBEDIAG_KILL_TEST_MOMENT";
constexpr char kStrategyVariable[] = "KUBEDIAG_KILL_TEST_STRATEGY";

// One line, by one system call that no kill point sees.
void Mark(const std::string& root, const std::string& operation) {
  const int fd = open((root + "/marks").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string line = operation + "\n";
  EXPECT_EQ(pwrite(fd, line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
  close(fd);
}

std::map<std::string, int> Marks(const std::string& root) {
  std::map<std::string, int> marks;
  std::ifstream file(root + "/marks");
  for (std::string line; std::getline(file, line);) ++marks[line];
  return marks;
}

// What the killed process is: this program again, with this test chosen.
class KillChild : public ExecutorTest {};

TEST_F(KillChild, Runs) {
  const char* root = getenv(kRootVariable);
  if (root == nullptr) GTEST_SKIP() << "started by KillTest only";
  std::filesystem::remove_all(options.data_root);
  options.data_root = std::string(root) + "/data";
  const auto marks = [root](const char* name, const std::map<std::string, std::string>& results) {
    return [root, name, results](const operation::Job&, const std::stop_token&) {
      Mark(root, name);
      return Succeed(results);
    };
  };
  Add("collect", marks("collect", {{"c", "1"}}), true);
  Add("large", marks("large", {{"large", std::string(40 * kKiB, 'x')}}));
  Add("broken", [root](const operation::Job&, const std::stop_token&) {
    Mark(root, "broken");
    return FailWith("Broken", "as always");
  });
  Add("recover", marks("recover", {{"r", "1"}}));
  Add("last", marks("last", {{"l", "1"}}));
  const bool all = std::string(getenv(kStrategyVariable)) == "AllPaths";
  options.limits.concurrent_operations = 1;  // one order of writes
  AddSet({{1}, {2}, {3, 4}, {}, {5}, {}}, {"collect", "large", "broken", "recover", "last"},
         all ? api::Strategy::kAllPaths : api::Strategy::kFirstPath);
  AddDiagnosis();
  DieAt(static_cast<size_t>(std::stoul(getenv(kCallVariable))),
        static_cast<KillMoment>(std::stoi(getenv(kMomentVariable))));
  const api::Diagnosis done = Run();
  // Only whole runs come here.
  std::ofstream outcome(std::string(root) + "/outcome");
  outcome << (done.status.phase == api::Phase::kSucceeded ? "Succeeded" : "Failed") << " "
          << KillPointCount() << "\n";
  for (const std::string& line : Outcomes(done.status)) outcome << line << "\n";
  options.data_root = std::string(root) + "/nothing";  // the data root stays
}

class KillTest : public testing::TestWithParam<const char*> {
 protected:
  KillTest() {
    std::string pattern = testing::TempDir() + "kubediag-kill-XXXXXX";
    base_ = mkdtemp(pattern.data());
  }
  ~KillTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(base_, ignored);
  }

  std::string NewRoot() {
    std::string root = base_ + "/" + std::to_string(roots_++);
    std::filesystem::create_directory(root);
    return root;
  }

  // True if it came to its end, false if it was killed.
  static bool RunChild(const std::string& root, size_t call, KillMoment moment) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    const pid_t child = fork();
    if (child == 0) {
      setenv(kRootVariable, root.c_str(), 1);
      setenv(kCallVariable, std::to_string(call).c_str(), 1);
      setenv(kMomentVariable, std::to_string(static_cast<int>(moment)).c_str(), 1);
      setenv(kStrategyVariable, GetParam(), 1);
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      execl(program.c_str(), program.c_str(), "--gtest_filter=KillChild.Runs",
            static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
      EXPECT_EQ(WTERMSIG(status), SIGKILL);
      return false;
    }
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return true;
  }

  static std::string Outcome(const std::string& root) {
    std::ifstream file(root + "/outcome");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string base_;
  int roots_ = 0;
};

constexpr size_t kNever = 1'000'000;

TEST_P(KillTest, AtNoPointDoesAnOperationRunTwiceThatMustNot) {
  const std::string whole = NewRoot();
  ASSERT_TRUE(RunChild(whole, kNever, KillMoment::kBefore));
  const std::string outcome = Outcome(whole);
  ASSERT_EQ(outcome.substr(0, 10), "Succeeded ");
  const size_t points = std::stoul(outcome.substr(10));
  ASSERT_GE(points, 20U);

  // The last write is the journal's end: the status is written then, and what is started after it
  // is a new run.
  for (size_t call = 0; call + 1 < points; ++call) {
    for (const KillMoment moment :
         {KillMoment::kBefore, KillMoment::kHalfway, KillMoment::kAfter}) {
      const std::string root = NewRoot();
      ASSERT_FALSE(RunChild(root, call, moment));
      ASSERT_TRUE(RunChild(root, kNever, KillMoment::kBefore));
      const std::string where = "killed at call " + std::to_string(call) + ", moment " +
                                std::to_string(static_cast<int>(moment)) + "\n" + Outcome(root);
      std::map<std::string, int> marks = Marks(root);
      for (const char* name : {"large", "broken", "recover", "last"}) {
        EXPECT_LE(marks[name], 1) << name << " " << where;
      }
      EXPECT_LE(marks["collect"], 2) << where;
      EXPECT_GE(marks["collect"], 1) << where;
      const bool succeeded = Outcome(root).starts_with("Succeeded");
      const bool interrupted = Outcome(root).find("Interrupted") != std::string::npos;
      EXPECT_TRUE(succeeded || interrupted) << where;
      EXPECT_EQ(marks["last"], succeeded ? 1 : marks["last"]) << where;
      std::filesystem::remove_all(root);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, KillTest, testing::Values("FirstPath", "AllPaths"),
                         [](const auto& strategy) { return std::string(strategy.param); });

}  // namespace
}  // namespace kubediag::diagnosis
