#include "engine/diagnosis/retention.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <tuple>
#include <utility>

#include "engine/api/objects.h"
#include "engine/core/file.h"
#include "engine/diagnosis/artifacts.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/measure_tree.h"
#include "engine/diagnosis/reasons.h"
#include "engine/diagnosis/remove_tree.h"
#include "engine/diagnosis/run_lock.h"
#include "engine/diagnosis/tree_entries.h"

namespace kubediag::diagnosis {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr char kResultsFolder[] = "results";

Status InUse() {
  return Status::FailedPrecondition("it is in use").WithReason(kReasonAlreadyRunning);
}

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

// Takes a folder of artifacts away if no run has it and it is as it was at `newest`. Whoever makes
// or opens one looks for it again once it has locked it.
Result<std::string> TakeArtifacts(int parent, const std::string& name, Retention::Time newest) {
  const auto folder = OpenAt(parent, name, kOpenFolder);
  // That changes it, so it is measured and judged anew by a later sweep.
  if (folder.status().code() == StatusCode::kPermissionDenied && OpenUp(parent, name)) {
    return InUse();
  }
  KUBEDIAG_RETURN_IF_ERROR(folder.status());
  struct stat info {};
  if (flock(folder->get(), LOCK_EX | LOCK_NB) != 0 || fstat(folder->get(), &info) != 0 ||
      ChangeTimeOf(info) > newest) {
    return InUse();
  }
  return TakeAway(parent, name);
}

// Whatever lies before, a run that began at `began` has not made.
Retention::Time NeededSince(api::Time began, Retention::Time now, const RetentionRules& rules) {
  // The clock was set back since, or is not to be believed.
  if (began < api::Time() || began > std::chrono::floor<std::chrono::seconds>(now)) {
    return Retention::Time::min();
  }
  return began - rules.min_age;
}

// Oldest first; equal times in the order of their names.
template <typename Candidate>
auto Age(const Candidate& candidate) {
  return std::tie(candidate.newest, candidate.parent, candidate.name);
}

}  // namespace

// A folder in runs/.
struct Retention::FoundRun {
  Candidate candidate;
  // By its journal; no more of it is kept, for there may be thousands of runs.
  std::string stamp;
  api::Time start_time{};
  bool ended = false;
  bool measured = false;
};

// One sweep.
struct Retention::Work {
  const ObjectOf& object_of;
  const Time now;
  const std::stop_token& stop;
  const RetentionRules& rules;
  std::deque<Candidate> candidates;
  uint64_t bytes = 0;               // of all that the quota counts
  Time needed_since = Time::max();  // artifacts that runs under way may still read
  Removed removed;

  bool Young(Time newest) const { return newest > now - rules.min_age; }
  bool OlderThan(Time newest, std::chrono::system_clock::duration age) const {
    return newest < now - age;
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
            .rules = rules_,
            .candidates = {},
            .bytes = 0,
            .needed_since = Time::max(),
            .removed = {}};
  // Without knowing the runs under way, it is not known which artifacts they need.
  if (!SweepRuns(work) || stop.stop_requested()) return work.removed;
  for (const std::string& folder : artifact_folders_) ListArtifacts(work, folder);
  KeepQuota(work);
  if (!stop.stop_requested()) work.removed.left = work.bytes;
  const Removed& removed = work.removed;
  if (removed.runs + removed.folders > 0) {
    logger_.Info("data of earlier runs removed", {{"runs", std::to_string(removed.runs)},
                                                  {"folders", std::to_string(removed.folders)},
                                                  {"bytes", std::to_string(removed.bytes)}});
  }
  return removed;
}

bool Retention::ListRuns(Work& work, int runs, std::deque<FoundRun>& found) {
  std::vector<std::string> gone;  // left by a sweep that did not come to its end
  const Status listed = ForEachName(runs, [&](const std::string& name) {
    if (IsTakenAway(name)) gone.push_back(name);
    if (!IsRunUid(name) || !IsRunFolder(runs, name)) return true;
    const auto directory = OpenAt(runs, name, kOpenFolder);
    if (!directory.ok()) return true;
    FoundRun& run = found.emplace_back();
    // Before the journal is read: what changes later is noticed before anything is removed.
    run.candidate.version = Journal::VersionOf(directory->get());
    run.candidate.parent = kRunsFolder;
    run.candidate.name = run.candidate.uid = name;
    if (auto journal = Journal::ReadOutline(directory->get()); journal.ok()) {
      run.stamp = std::move(journal->begin.stamp);
      run.start_time = journal->begin.start_time;
      run.ended = journal->ended;
    } else {
      run.ended = run.candidate.version.empty();  // nothing has been begun
    }
    const auto size = MeasureTree(runs, name, work.stop);
    run.measured = size.ok();
    if (size.ok()) {
      run.candidate.bytes = size->bytes;
      run.candidate.newest = size->newest;
      run.candidate.uncounted = size->uncounted;
    } else {
      WarnUnmeasured(std::string(kRunsFolder) + "/" + name, size.status());
    }
    return !work.stop.stop_requested();
  });
  if (!listed.ok()) Warn(kRunsFolder, listed);
  for (const std::string& name : gone) (void)RemoveTree(runs, name, work.stop);
  return listed.ok();
}

bool Retention::SweepRuns(Work& work) {
  const auto runs = OpenAt(data_root_, kRunsFolder, kOpenFolder);
  if (!runs.ok()) return runs.status().code() == StatusCode::kNotFound;
  std::deque<FoundRun> found;
  if (!ListRuns(work, runs->get(), found)) return false;
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return Age(b.candidate) < Age(a.candidate); });
  size_t kept = 0;
  for (FoundRun& run : found) {
    if (work.stop.stop_requested()) return false;
    ++kept;
    const bool ended = run.ended;
    const Time newest = run.candidate.newest;
    const RunObject object = work.object_of(run.candidate.uid);
    const bool locked = IsRunLocked(runs->get(), run.candidate.uid);
    if (!ended && (locked || object == RunObject::kUnfinished)) {
      work.needed_since =
          std::min(work.needed_since, NeededSince(run.start_time, work.now, rules_));
    }
    const bool idle =
        !locked && run.measured && object != RunObject::kUnfinished && !work.Young(newest);
    const bool useless = object == RunObject::kGone || (ended && object == RunObject::kDropped);
    const bool old = work.OlderThan(newest, ended ? rules_.max_run_age : rules_.max_unfinished_age);
    const bool too_many = ended && kept > rules_.max_runs;
    if (idle && (useless || old || too_many) && Remove(work, run.candidate)) {
      --kept;
      continue;
    }
    work.bytes += run.candidate.bytes;
    if (!locked && run.measured) ListEarlierResults(work, runs->get(), run);
    if (idle && ended) work.candidates.push_back(std::move(run.candidate));
  }
  return true;
}

// Results that an earlier run of the same Diagnosis has saved: the journal refers to the last run's
// alone, and says which these are.
void Retention::ListEarlierResults(Work& work, int runs, FoundRun& run) {
  const std::string& last = run.stamp;
  if (last.empty()) return;
  const std::string parent = RunFolder(run.candidate.uid) + "/" + kResultsFolder;
  const auto folder = OpenAt(runs, run.candidate.uid + "/" + kResultsFolder, kOpenFolder);
  if (!folder.ok()) return;
  std::vector<std::string> gone;
  (void)ForEachName(folder->get(), [&](const std::string& name) {
    if (IsTakenAway(name)) gone.push_back(name);
    if (!IsStamp(name) || name == last) return true;
    const auto size = MeasureTree(folder->get(), name, work.stop);
    if (!size.ok() || work.Young(size->newest)) return true;
    run.candidate.bytes -= std::min(run.candidate.bytes, size->bytes);
    work.candidates.push_back({.parent = parent,
                               .name = name,
                               .bytes = size->bytes,
                               .newest = size->newest,
                               .uid = run.candidate.uid,
                               .version = run.candidate.version,
                               .uncounted = size->uncounted});
    return !work.stop.stop_requested();
  });
  for (const std::string& name : gone) (void)RemoveTree(folder->get(), name, work.stop);
}

void Retention::ListArtifacts(Work& work, const std::string& folder) {
  const auto top = OpenAt(data_root_, folder, kOpenFolder);
  if (!top.ok()) return;
  std::vector<std::string> pods;
  std::vector<std::string> gone;
  (void)ForEachName(top->get(), [&](const std::string& name) {
    if (IsTakenAway(name)) {
      gone.push_back(name);
    } else if (IsStamp(name)) {
      AddArtifacts(work, top->get(), folder, name);
    } else if (IsPodFolder(name) && pods.size() < rules_.max_pod_folders) {
      pods.push_back(name);
    }
    return !work.stop.stop_requested();
  });
  for (const std::string& name : gone) (void)RemoveTree(top->get(), name, work.stop);
  for (const std::string& pod : pods) {
    if (work.stop.stop_requested()) return;
    const auto opened = OpenAt(top->get(), pod, kOpenFolder);
    if (!opened.ok()) continue;
    std::string path = folder;
    path.append("/").append(pod);
    bool empty = true;
    gone.clear();
    (void)ForEachName(opened->get(), [&](const std::string& name) {
      empty = false;
      if (IsTakenAway(name)) {
        gone.push_back(name);
      } else if (IsStamp(name)) {
        AddArtifacts(work, opened->get(), path, name);
      }
      return !work.stop.stop_requested();
    });
    for (const std::string& name : gone) (void)RemoveTree(opened->get(), name, work.stop);
    // Pods come and go by name, so their empty folders would gather.
    struct stat info {};
    if (empty && fstat(opened->get(), &info) == 0 && !work.Young(ChangeTimeOf(info))) {
      (void)unlinkat(top->get(), pod.c_str(), AT_REMOVEDIR);
    }
  }
}

void Retention::AddArtifacts(Work& work, int parent_fd, const std::string& parent,
                             const std::string& name) {
  const auto size = MeasureTree(parent_fd, name, work.stop);
  if (!size.ok()) return WarnUnmeasured(parent + "/" + name, size.status());
  work.bytes += size->bytes;
  if (work.Young(size->newest) || size->newest >= work.needed_since) return;
  work.candidates.push_back({.parent = parent,
                             .name = name,
                             .bytes = size->bytes,
                             .newest = size->newest,
                             .uid = "",
                             .version = "",
                             .uncounted = size->uncounted});
}

void Retention::KeepQuota(Work& work) {
  std::erase_if(work.candidates, [&](const Candidate& candidate) {
    return !work.stop.stop_requested() && RemoveUncounted(work, candidate);
  });
  if (work.bytes <= rules_.quota_bytes) return;
  std::sort(work.candidates.begin(), work.candidates.end(),
            [](const auto& a, const auto& b) { return Age(a) < Age(b); });
  for (const Candidate& candidate : work.candidates) {
    if (work.bytes <= rules_.quota_bytes || work.stop.stop_requested()) return;
    if (Remove(work, candidate)) work.bytes -= std::min(work.bytes, candidate.bytes);
  }
  if (work.bytes > rules_.quota_bytes) {
    logger_.Warning(
        "the data root is over its quota, and nothing more of it may be removed",
        {{"bytes", std::to_string(work.bytes)}, {"quota", std::to_string(rules_.quota_bytes)}});
  }
}

// What it was judged by must still hold when it is taken away, under a lock that keeps others from
// it.
Result<std::string> Retention::Take(int parent, const Candidate& candidate) const {
  if (candidate.uid.empty()) return TakeArtifacts(parent, candidate.name, candidate.newest);
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd runs, OpenAt(data_root_, kRunsFolder, kOpenFolder));
  KUBEDIAG_ASSIGN_OR_RETURN(IdleRun run, IdleRun::Hold(runs.get(), candidate.uid));
  if (Journal::VersionOf(run.directory()) != candidate.version) return InUse();
  return candidate.IsRun() ? run.Retire() : TakeAway(parent, candidate.name);
}

bool Retention::Remove(Work& work, const Candidate& candidate) {
  const std::string path = candidate.parent + "/" + candidate.name;
  const auto parent = OpenAt(data_root_, candidate.parent, kOpenFolder);
  if (!parent.ok()) return false;
  const auto name = Take(parent->get(), candidate);
  if (!name.ok()) {
    if (name.status().reason() != kReasonAlreadyRunning) Warn(path, name.status());
    return false;
  }
  // Once renamed it is gone; what is left of it is tried again by the next sweep.
  if (const Status status = RemoveTree(parent->get(), *name, work.stop); !status.ok()) {
    Warn(path, status);
  }
  logger_.Debug("data of an earlier run removed", {{"path", path}});
  ++(candidate.IsRun() ? work.removed.runs : work.removed.folders);
  work.removed.bytes += candidate.bytes;
  return true;
}

// However many bytes it hides, they must not be the quota's to bear: it is over it by itself.
bool Retention::RemoveUncounted(Work& work, const Candidate& candidate) {
  if (candidate.uncounted.ok() || !Remove(work, candidate)) return false;
  logger_.Warning(
      "data of an earlier run that could not be counted is removed, as if over the quota",
      {{"path", candidate.parent + "/" + candidate.name},
       {"error", candidate.uncounted.message()}});
  work.bytes -= std::min(work.bytes, candidate.bytes);
  return true;
}

void Retention::Warn(const std::string& what, const Status& status) {
  if (status.code() == StatusCode::kCancelled) return;
  logger_.Warning("data of an earlier run cannot be removed",
                  {{"path", what}, {"error", status.message()}});
}

void Retention::WarnUnmeasured(const std::string& what, const Status& status) {
  if (status.code() == StatusCode::kNotFound) return;
  logger_.Warning("data of an earlier run cannot be measured, so no quota counts it",
                  {{"path", what}, {"error", status.message()}});
}

}  // namespace kubediag::diagnosis
