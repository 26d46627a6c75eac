#include "engine/diagnosis/retention.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/core/file.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/remove_tree.h"
#include "engine/diagnosis/run_lock.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr size_t kMaxPodFolders = 100'000;

bool IsGoneName(std::string_view name) { return name.starts_with(kGonePrefix); }

// What a run has made: it holds a journal, or nothing yet.
bool IsRunFolder(int runs, const std::string& name) {
  if (IsJournalFolder(runs, name)) return true;
  const auto folder = OpenAt(runs, name, kOpenFolder);
  bool empty = folder.ok();
  if (empty) {
    (void)ForEachName(folder->get(), [&empty](const std::string&) { return empty = false; });
  }
  return empty;
}

// Whether a run has locked the folder of artifacts. Between this and the removal nobody can:
// whoever locks one has just made it, and it would be too young.
bool IsLocked(int parent, const std::string& name) {
  const auto folder = OpenAt(parent, name, kOpenFolder);
  return !folder.ok() || flock(folder->get(), LOCK_EX | LOCK_NB) != 0;
}

// Oldest first; equal times in the order of their names.
template <typename Candidate>
auto Age(const Candidate& candidate) {
  return std::tie(candidate.newest, candidate.parent, candidate.name);
}

}  // namespace

// One sweep.
struct Retention::Work {
  const ObjectOf& object_of;
  const Time now;
  const std::stop_token& stop;
  std::vector<Candidate> candidates;
  uint64_t bytes = 0;  // of all that the quota counts
  Removed removed;

  bool Young(Time newest, const RetentionRules& rules) const {
    return newest > now - rules.min_age;
  }
};

Retention::Removed Retention::Sweep(const ObjectOf& object_of,
                                    const std::vector<std::string>& artifact_folders, Time now,
                                    const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  artifact_folders_.insert(artifact_folders.begin(), artifact_folders.end());
  artifact_folders_.erase("");
  Work work{.object_of = object_of,
            .now = now,
            .stop = stop,
            .candidates = {},
            .bytes = 0,
            .removed = {}};
  SweepRuns(work);
  for (const std::string& folder : artifact_folders_) ListArtifacts(work, folder);
  KeepQuota(work);
  const Removed& removed = work.removed;
  if (removed.runs + removed.folders > 0) {
    logger_.Info("data of earlier runs removed", {{"runs", std::to_string(removed.runs)},
                                                  {"folders", std::to_string(removed.folders)},
                                                  {"bytes", std::to_string(removed.bytes)}});
  }
  return removed;
}

void Retention::SweepRuns(Work& work) {
  const auto runs = OpenAt(data_root_, kRunsFolder, kOpenFolder);
  if (!runs.ok()) return;
  std::vector<Candidate> found;
  std::vector<std::string> gone;  // left by a sweep that did not come to its end
  const Status listed = ForEachName(runs->get(), [&](const std::string& name) {
    if (IsGoneName(name)) gone.push_back(name);
    if (!IsRunUid(name) || !IsRunFolder(runs->get(), name)) return true;
    const auto size = MeasureTree(runs->get(), name, work.stop);
    if (!size.ok()) return true;
    found.push_back({.parent = kRunsFolder,
                     .name = name,
                     .bytes = size->bytes,
                     .newest = size->newest,
                     .is_run = true});
    return !work.stop.stop_requested();
  });
  if (!listed.ok()) Warn(kRunsFolder, listed);
  for (const std::string& name : gone) (void)RemoveTree(runs->get(), name, work.stop);

  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return Age(b) < Age(a); });
  size_t kept = 0;
  for (Candidate& run : found) {
    if (work.stop.stop_requested()) return;
    ++kept;
    const RunObject object = work.object_of(run.name);
    const bool movable = object != RunObject::kUnfinished && !work.Young(run.newest, rules_) &&
                         !IsRunLocked(runs->get(), run.name);
    const bool due = object == RunObject::kGone || run.newest < work.now - rules_.max_run_age ||
                     kept > rules_.max_runs;
    if (movable && due && RemoveRun(work, runs->get(), run.name, run.bytes)) {
      --kept;
      continue;
    }
    work.bytes += run.bytes;
    ListEarlierResults(work, run.name, run.bytes);
    if (movable) work.candidates.push_back(std::move(run));
  }
}

// Results that an earlier run of the same Diagnosis has saved: the journal refers to the last run's
// alone.
void Retention::ListEarlierResults(Work& work, const std::string& uid, uint64_t& run_bytes) {
  const std::string parent = RunFolder(uid) + "/results";
  const auto folder = OpenAt(data_root_, parent, kOpenFolder);
  if (!folder.ok()) return;
  const auto runs = OpenAt(data_root_, kRunsFolder, kOpenFolder);
  if (!runs.ok() || IsRunLocked(runs->get(), uid)) return;
  std::vector<Candidate> found;
  (void)ForEachName(folder->get(), [&](const std::string& name) {
    const auto size = IsStamp(name) ? MeasureTree(folder->get(), name, work.stop)
                                    : Result<TreeSize>(Status::NotFound("no results"));
    if (!size.ok()) return true;
    found.push_back({.parent = parent,
                     .name = name,
                     .bytes = size->bytes,
                     .newest = size->newest,
                     .is_run = false});
    return !work.stop.stop_requested();
  });
  const auto last = std::max_element(
      found.begin(), found.end(), [](const auto& a, const auto& b) { return a.newest < b.newest; });
  for (auto earlier = found.begin(); earlier != found.end(); ++earlier) {
    if (earlier == last || work.Young(earlier->newest, rules_)) continue;
    run_bytes -= std::min(run_bytes, earlier->bytes);
    work.candidates.push_back(std::move(*earlier));
  }
}

void Retention::ListArtifacts(Work& work, const std::string& folder) {
  const auto top = OpenAt(data_root_, folder, kOpenFolder);
  if (!top.ok()) return;
  std::vector<std::string> pods;
  (void)ForEachName(top->get(), [&](const std::string& name) {
    if (IsStamp(name)) {
      AddCandidate(work, top->get(), folder, name);
    } else if (IsPodFolder(name)) {
      pods.push_back(name);
    }
    return pods.size() < kMaxPodFolders && !work.stop.stop_requested();
  });
  for (const std::string& pod : pods) {
    if (work.stop.stop_requested()) return;
    const auto opened = OpenAt(top->get(), pod, kOpenFolder);
    if (!opened.ok()) continue;
    std::string path = folder;
    path.append("/").append(pod);
    bool empty = true;
    (void)ForEachName(opened->get(), [&](const std::string& name) {
      empty = false;
      if (IsStamp(name)) {
        AddCandidate(work, opened->get(), path, name);
      }
      return !work.stop.stop_requested();
    });
    // Pods come and go by name, so their empty folders would gather.
    struct stat info {};
    if (empty && fstat(opened->get(), &info) == 0 &&
        !work.Young(std::chrono::system_clock::from_time_t(info.st_mtime), rules_)) {
      (void)unlinkat(top->get(), pod.c_str(), AT_REMOVEDIR);
    }
  }
}

void Retention::AddCandidate(Work& work, int parent_fd, const std::string& parent,
                             const std::string& name) {
  const auto size = MeasureTree(parent_fd, name, work.stop);
  if (!size.ok()) return;
  work.bytes += size->bytes;
  if (work.Young(size->newest, rules_)) return;
  work.candidates.push_back({.parent = parent,
                             .name = name,
                             .bytes = size->bytes,
                             .newest = size->newest,
                             .is_run = false});
}

void Retention::KeepQuota(Work& work) {
  if (work.bytes <= rules_.quota_bytes) return;
  std::sort(work.candidates.begin(), work.candidates.end(),
            [](const auto& a, const auto& b) { return Age(a) < Age(b); });
  const auto runs = OpenAt(data_root_, kRunsFolder, kOpenFolder);
  for (const Candidate& candidate : work.candidates) {
    if (work.bytes <= rules_.quota_bytes || work.stop.stop_requested()) return;
    const bool removed = candidate.is_run ? runs.ok() && RemoveRun(work, runs->get(),
                                                                   candidate.name, candidate.bytes)
                                          : RemoveFolder(work, candidate);
    if (removed) work.bytes -= std::min(work.bytes, candidate.bytes);
  }
  if (work.bytes > rules_.quota_bytes) {
    logger_.Warning(
        "the data root is over its quota, and nothing more of it may be removed",
        {{"bytes", std::to_string(work.bytes)}, {"quota", std::to_string(rules_.quota_bytes)}});
  }
}

bool Retention::RemoveRun(Work& work, int runs, const std::string& uid, uint64_t bytes) {
  const auto name = RetireRun(runs, uid);
  if (!name.ok()) {
    // One that was locked meanwhile is in use again.
    if (name.status().reason() != kReasonAlreadyRunning) Warn(RunFolder(uid), name.status());
    return false;
  }
  // Once renamed it is gone; what is left of it is tried again by the next sweep.
  if (const Status status = RemoveTree(runs, *name, work.stop); !status.ok()) {
    Warn(RunFolder(uid), status);
  }
  logger_.Debug("run removed", {{"uid", uid}});
  ++work.removed.runs;
  work.removed.bytes += bytes;
  return true;
}

bool Retention::RemoveFolder(Work& work, const Candidate& candidate) {
  const std::string path = candidate.parent + "/" + candidate.name;
  const auto parent = OpenAt(data_root_, candidate.parent, kOpenFolder);
  if (!parent.ok() || IsLocked(parent->get(), candidate.name)) return false;
  if (const Status status = RemoveTree(parent->get(), candidate.name, work.stop); !status.ok()) {
    Warn(path, status);
    return false;
  }
  logger_.Debug("folder of an earlier run removed", {{"path", path}});
  ++work.removed.folders;
  work.removed.bytes += candidate.bytes;
  return true;
}

void Retention::Warn(const std::string& what, const Status& status) {
  if (status.code() == StatusCode::kCancelled) return;
  logger_.Warning("data of an earlier run cannot be removed",
                  {{"path", what}, {"error", status.message()}});
}

}  // namespace kubediag::diagnosis
