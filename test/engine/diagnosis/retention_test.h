// A data root with runs and artifacts of other processes, and sweeps of it at any time.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/retention.h"
#include "engine/diagnosis/run_lock.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {

inline constexpr char kFolder[] = "profilers/go/pprof";

inline BeginRecord BeginWith(const std::string& stamp) {
  BeginRecord begin;
  begin.stamp = stamp;
  return begin;
}

// Time is moved on for the sweep, not for the files.
class RetentionTest : public ExecutorTest {
 protected:
  RetentionTest() { root_ = MakeDirectory(options.data_root).value(); }

  enum class End { kEnded, kUnfinished };

  // A run as another process has left it.
  std::string AddRun(const std::string& name, uint64_t result_bytes = 0,
                     const std::string& stamp = "20260101000000", End end = End::kEnded) {
    std::string uid = UuidV5(name);
    const auto lock = RunLock::Take(root_.get(), uid).value();
    const auto journal = Journal::Create(lock->directory(), BeginWith(stamp)).value();
    if (end == End::kEnded) {
      EXPECT_TRUE(journal->Append(EndRecord{.succeeded = true}).ok());
    }
    if (result_bytes > 0) AddFile(RunFolder(uid) + "/results/" + stamp + "/1-1", result_bytes);
    return uid;
  }
  std::string AddUnfinishedRun(const std::string& name) {
    return AddRun(name, 0, "20260101000000", End::kUnfinished);
  }
  void AddFile(const std::string& folder, uint64_t bytes) {
    std::filesystem::create_directories(Path(folder));
    std::ofstream(Path(folder + "/file")) << std::string(bytes, 'x');
  }
  // Goes on once files made from now on are younger than those there are.
  void Tick() const {
    const auto stamp = [this] {
      std::ofstream(Path("tick")) << "x";
      struct stat info {};
      EXPECT_EQ(stat(Path("tick").c_str(), &info), 0);
      return std::pair(info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
    };
    const auto before = stamp();
    while (stamp() == before) {
    }
  }
  Retention::Removed SweepAfter(std::chrono::system_clock::duration later) {
    Retention retention(root_.get(), *logger, rules_);
    return retention.Sweep(
        [this](const std::string& uid) {
          const auto found = objects_.find(uid);
          return found == objects_.end() ? RunObject::kUnknown : found->second;
        },
        {kFolder, ""}, std::chrono::system_clock::now() + later);
  }
  bool HasRun(const std::string& uid) const {
    return std::filesystem::exists(Path(RunFolder(uid)));
  }

  UniqueFd root_;
  RetentionRules rules_;
  std::map<std::string, RunObject> objects_;
};

}  // namespace kubediag::diagnosis
