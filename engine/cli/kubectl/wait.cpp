#include "engine/cli/kubectl/wait.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>

#include "engine/cli/kubectl/status_progress.h"
#include "engine/cli/text.h"
#include "engine/kube/clock.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/reflector.h"

namespace kubediag::cli {
namespace {

// What the watch has to complain of, in one line for each time that nothing is heard.
class OutageNote final : public Logger {
 public:
  explicit OutageNote(ProgressView& view) : view_(view) {}

  void Log(LogLevel level, std::string_view /*message*/,
           std::initializer_list<LogField> fields) override {
    if (level < LogLevel::kWarning || told_.exchange(true)) return;
    std::string why;
    for (const LogField& field : fields) {
      if (field.name == "failure") why = Printable(field.value);
    }
    view_.Say("  nothing is heard of the API server, it is tried again: " + why);
  }
  void SayNextTimeAgain() { told_ = false; }

 private:
  ProgressView& view_;
  std::atomic<bool> told_ = false;
};

// The newest state heard of, for another thread.
class Latest final : public kube::WatchHandler {
 public:
  Latest(std::string uid, const kube::ObjectCache& cache, OutageNote& outage)
      : uid_(std::move(uid)), cache_(cache), outage_(outage) {}

  void OnChange(const kube::Change& change) override {
    outage_.SayNextTimeAgain();
    if (change.object->metadata().uid != uid_) return;
    const std::lock_guard lock(mutex_);
    gone_ = change.type == kube::ChangeType::kRemoved;
    object_ = change.object;
    news_ = true;
    changed_.notify_all();
  }

  void OnSynced() override {
    outage_.SayNextTimeAgain();
    const std::lock_guard lock(mutex_);
    gone_ = gone_ || cache_.Find(uid_) == nullptr;
    news_ = true;
    changed_.notify_all();
  }

  // False: time is up, or we were asked to stop.
  bool Await(Deadline deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto told = [this] { return news_; };
    if (deadline.IsNever()) {
      if (!changed_.wait(lock, stop, told)) return false;
    } else if (!changed_.wait_until(lock, stop, deadline.time(), told)) {
      return false;
    }
    news_ = false;
    return true;
  }

  bool gone() const {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  // Null if nothing has been heard yet.
  kube::ObjectPtr object() const {
    const std::lock_guard lock(mutex_);
    return object_;
  }

 private:
  const std::string uid_;
  const kube::ObjectCache& cache_;
  OutageNote& outage_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  kube::ObjectPtr object_;
  bool gone_ = false;
  bool news_ = false;
};

Status NotWaitedFor(const api::Diagnosis& diagnosis, const std::stop_token& stop) {
  const std::string name = api::DisplayName(api::Object(diagnosis));
  const std::string phase(api::PhaseName(diagnosis.status.phase));
  std::string state = phase.empty() ? "no agent has taken it yet" : "it is " + phase;
  if (const std::string why = WaitSentence(diagnosis); !why.empty()) state += ": " + why;
  if (stop.stop_requested()) return Status::Cancelled(name + " goes on without us; " + state);
  return Status::DeadlineExceeded(name + " has not ended in time; " + state);
}

}  // namespace

Result<api::Diagnosis> WaitUntilEnded(Cluster& cluster, const std::string& name, Deadline deadline,
                                      ProgressView& view, const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(api::Diagnosis diagnosis, cluster.GetDiagnosis(name));
  StatusProgress progress(view, diagnosis);
  kube::ObjectCache cache;
  OutageNote outage(view);
  Latest latest(diagnosis.metadata.uid, cache, outage);
  metrics::Registry registry;
  kube::Reflector reflector(
      {.resource = kube::kDiagnoses,
       .namespace_name = cluster.namespace_name(),
       .field_selector = "metadata.name=" + name,
       .is_selected =
           [&name](const api::Object& object) { return api::MetadataOf(object).name == name; }},
      {.transport = cluster.transport(),
       .cache = cache,
       .handler = latest,
       .metrics = registry,
       .logger = outage,
       .clock = kube::SystemClock(),
       .random = kube::MakeRandomSource()});
  // One that has ended is not watched at all.
  std::jthread watching;
  while (!HasEnded(diagnosis)) {
    progress.Show(diagnosis);
    if (!watching.joinable()) {
      watching = std::jthread([&](const std::stop_token& end) { reflector.Run(end); });
    }
    if (!latest.Await(deadline, stop)) return NotWaitedFor(diagnosis, stop);
    if (latest.gone()) {
      return Status::NotFound(api::DisplayName(api::Object(diagnosis)) + " was deleted");
    }
    const kube::ObjectPtr object = latest.object();
    if (object != nullptr) diagnosis = std::get<api::Diagnosis>(object->object);
  }
  progress.Finish(diagnosis);
  return diagnosis;
}

}  // namespace kubediag::cli
