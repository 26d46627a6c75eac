#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "engine/catalog/catalog.h"
#include "engine/catalog/catalog_metrics.h"
#include "engine/catalog/folder_watch.h"
#include "engine/catalog/scanner.h"
#include "engine/core/deadline.h"
#include "engine/core/limits.h"
#include "engine/core/nearest_names.h"
#include "engine/core/utf8.h"

namespace kubediag::catalog {
namespace {

constexpr size_t kMaxShownRefusalBytes = 512;

// The refusal that most likely is why operation `name` is missing: of a file named like it, or else
// the first.
const Refusal& LikelyRefusal(const std::string& name,
                             const std::map<std::string, Refusal>& refusals) {
  for (const auto& [file, refusal] : refusals) {
    std::string stem = std::filesystem::path(file).stem().string();
    std::replace(stem.begin(), stem.end(), '_', '-');
    if (stem == name) return refusal;
  }
  return refusals.begin()->second;
}

Status UnknownOperation(const std::string& name, const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& [known, entry] : snapshot.entries) names.push_back(known);
  std::string message = "no module provides operation \"" + name + "\"";
  const std::vector<std::string> nearest = NearestNames(name, names);
  for (size_t i = 0; i < nearest.size(); ++i) {
    message += (i == 0 ? "; did you mean " : " or ") + nearest[i];
  }
  if (!nearest.empty()) message += "?";
  if (!snapshot.refusals.empty()) {
    const Refusal& likely = LikelyRefusal(name, snapshot.refusals);
    message += " (" + std::to_string(snapshot.refusals.size()) +
               " refused, see kubediag operations; " +
               std::filesystem::path(likely.file).filename().string() + ": " +
               Shorten(likely.message, kMaxShownRefusalBytes) + ")";
  }
  return Status::NotFound(std::move(message));
}

Status NotCopiedAgain(const Entry& lost, const Snapshot& snapshot) {
  const auto refusal = snapshot.refusals.find(lost.file);
  return Status::Unavailable(
      "the copy " + lost.module_path + " of " + lost.file +
      " has been removed, and no other could be made" +
      (refusal == snapshot.refusals.end() ? std::string() : ": " + refusal->second.message));
}

// One thread watches and scans. Readers look at the last snapshot, after making sure that no change
// from before their call is still unread.
class WatchingCatalog final : public Catalog {
 public:
  WatchingCatalog(Scanner scanner, std::optional<FolderWatch> watch, UniqueFd wake,
                  metrics::Registry* metrics, Logger& logger)
      : scanner_(std::move(scanner)),
        watch_(std::move(watch)),
        wake_(std::move(wake)),
        metrics_(metrics),
        logger_(logger) {
    Publish(scanner_.Scan());
    thread_ = std::jthread([this](const std::stop_token& stop) { Work(stop); });
  }

  ~WatchingCatalog() override {
    thread_.request_stop();
    Wake();
    thread_.join();
  }

  Result<Entry> Find(const std::string& operation) override {
    std::unique_lock lock(mutex_);
    CatchUp(lock);
    auto found = snapshot_.entries.find(operation);
    if (found != snapshot_.entries.end() && !ModuleCopies::IsThere(found->second.module_path)) {
      const Entry lost = found->second;
      dirty_ = true;  // the next scan copies it again
      CatchUp(lock);
      found = snapshot_.entries.find(operation);
      if (found == snapshot_.entries.end()) return NotCopiedAgain(lost, snapshot_);
    }
    if (found == snapshot_.entries.end()) return UnknownOperation(operation, snapshot_);
    return found->second;
  }

  std::vector<Entry> Entries() override {
    std::unique_lock lock(mutex_);
    CatchUp(lock);
    std::vector<Entry> entries;
    for (const auto& [name, entry] : snapshot_.entries) entries.push_back(entry);
    return entries;
  }

  std::vector<std::string> ArtifactFolders() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> folders;
    for (const auto& [name, entry] : snapshot_.entries) {
      folders.push_back(entry.descriptor.artifact_folder);
    }
    return folders;
  }

  Result<LeasedModule> Recall(const std::string& module_path) override {
    KUBEDIAG_ASSIGN_OR_RETURN(ModuleCopies::Copy copy, scanner_.copies().Recall(module_path));
    return LeasedModule{.path = std::move(copy.path), .lease = std::move(copy.lease)};
  }

  std::vector<Refusal> Refusals() override {
    std::unique_lock lock(mutex_);
    CatchUp(lock);
    std::vector<Refusal> refusals;
    for (const auto& [file, refusal] : snapshot_.refusals) refusals.push_back(refusal);
    return refusals;
  }

 private:
  // The kernel queues an event before the call that caused it returns, so what the reader did
  // before asking is in the queue by now. Without inotify every question is a scan.
  void CatchUp(std::unique_lock<std::mutex>& lock) {
    NoteChanges();
    if (!watch_) dirty_ = true;
    if (!dirty_ && !scanning_) return;
    const uint64_t wanted = dirty_ ? started_ + 1 : started_;
    hurry_ = true;
    Wake();
    scanned_.wait(lock, [&] { return finished_ >= wanted; });
  }

  // Under mutex_.
  void NoteChanges() {
    if (watch_ && watch_->Drain()) {
      dirty_ = true;
      last_change_ = Deadline::Clock::now();
    }
  }

  void Wake() const {
    const uint64_t one = 1;
    // Fails only if the counter is full, and then the thread is awake.
    [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  }

  void WaitForEvents(Deadline until) const {
    std::array<pollfd, 2> sources{{{wake_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
    if (watch_) sources[1].fd = watch_->fd();
    if (poll(sources.data(), sources.size(), until.PollTimeout()) <= 0) return;
    uint64_t count = 0;
    if ((sources[0].revents & POLLIN) != 0) {
      [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof count);
    }
  }

  void Work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const Deadline next_look = NextLook();
      lock.unlock();
      WaitForEvents(next_look);
      lock.lock();
      NoteChanges();
      if (next_look.Passed()) dirty_ = true;
      if (!dirty_) continue;
      Settle(lock, stop);
      if (stop.stop_requested()) break;
      ScanOnce(lock);
    }
  }

  Deadline NextLook() const {
    if (dirty_) return Deadline::After(seconds(0));
    if (!watch_) return Deadline::After(kCatalogPoll);
    return snapshot_.retry || lingering_ ? Deadline::After(kCatalogRetry) : Deadline::Never();
  }

  // Several files often arrive together; waiting a moment makes one scan of them.
  void Settle(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    const Deadline latest = Deadline::After(kCatalogMaxSettle);
    while (watch_ && !hurry_ && !stop.stop_requested()) {
      const Deadline quiet = Deadline::Earlier(latest, Deadline::At(last_change_ + kCatalogSettle));
      if (quiet.Passed()) return;
      lock.unlock();
      WaitForEvents(quiet);
      lock.lock();
      NoteChanges();
    }
  }

  void ScanOnce(std::unique_lock<std::mutex>& lock) {
    dirty_ = false;
    hurry_ = false;
    scanning_ = true;
    ++started_;
    if (watch_) watch_->Rearm();
    lock.unlock();
    Snapshot snapshot = scanner_.Scan();
    lock.lock();
    Publish(std::move(snapshot));
    lock.unlock();
    const bool lingering = scanner_.PruneCopies(logger_);
    lock.lock();
    lingering_ = lingering;
    scanning_ = false;
    finished_ = started_;
    scanned_.notify_all();
  }

  void Publish(Snapshot snapshot) {
    Tell(snapshot);
    metrics_.Update(snapshot);
    snapshot_ = std::move(snapshot);
  }

  // Only what is news; the first scan's operations are no news.
  void Tell(const Snapshot& snapshot) {
    for (const auto& [file, refusal] : snapshot.refusals) {
      const auto known = snapshot_.refusals.find(file);
      if (known != snapshot_.refusals.end() && known->second.message == refusal.message) continue;
      // A file that is being written is no trouble, only early.
      const LogLevel level =
          refusal.reason == "BeingWritten" ? LogLevel::kDebug : LogLevel::kWarning;
      logger_.Log(level, "module refused",
                  {{"file", file}, {"reason", refusal.reason}, {"message", refusal.message}});
    }
    for (const auto& [name, entry] : snapshot.entries) {
      const auto known = snapshot_.entries.find(name);
      if (known != snapshot_.entries.end() && known->second.sha256 == entry.sha256) continue;
      logger_.Log(entry.at_start ? LogLevel::kDebug : LogLevel::kInfo, "operation available",
                  {{"operation", name}, {"file", entry.file}, {"sha256", entry.sha256}});
    }
    for (const auto& [name, entry] : snapshot_.entries) {
      if (snapshot.entries.count(name) > 0) continue;
      logger_.Info("operation gone", {{"operation", name}, {"file", entry.file}});
    }
  }

  Scanner scanner_;  // used by the thread only, once that runs, but for its copies

  std::mutex mutex_;
  std::condition_variable scanned_;
  std::optional<FolderWatch> watch_;  // its descriptor is read without the mutex
  const UniqueFd wake_;
  CatalogMetrics metrics_;
  Logger& logger_;
  Snapshot snapshot_;
  Deadline::Clock::time_point last_change_;
  bool dirty_ = false;      // a change has been seen that no scan has begun to look at
  bool hurry_ = false;      // somebody waits
  bool scanning_ = false;   // a scan is under way
  bool lingering_ = false;  // a run still has the copy of a module that is gone or replaced
  uint64_t started_ = 0;    // scans
  uint64_t finished_ = 0;   // number of the last one that ended

  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::Open(Options options, operation::Runner& runner,
                                               Logger& logger) {
  KUBEDIAG_ASSIGN_OR_RETURN(ModuleCopies copies, ModuleCopies::Open(options.modules_directory));
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Status::FromErrno("make an event descriptor", errno);
  std::optional<FolderWatch> watch;
  Result<FolderWatch> opened = FolderWatch::Open(options.folders, IsModuleName);
  if (opened.ok()) {
    watch = *std::move(opened);
  } else {
    logger.Warning("operations folders are read again every second instead of being watched",
                   {{"message", opened.status().message()}});
  }
  return std::unique_ptr<Catalog>(std::make_unique<WatchingCatalog>(
      Scanner(std::move(options.folders), std::move(copies), runner), std::move(watch),
      std::move(wake), options.metrics, logger));
}

}  // namespace kubediag::catalog
