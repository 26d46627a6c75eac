#include "engine/kube/reflector.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"
#include "engine/kube/resource_version.h"

namespace kubediag::kube {
namespace {

using std::chrono::seconds;

constexpr int kHttpOk = 200;
constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kTooManyRequests = 429;
constexpr int kFirstServerError = 500;

metrics::Labels ResourceLabel(const Resource& resource) {
  return {{"resource", std::string(resource.plural)}};
}

template <typename Duration>
Duration Part(Duration whole, double share) {
  return Duration(static_cast<typename Duration::rep>(static_cast<double>(whole.count()) * share));
}

}  // namespace

struct Reflector::Attempt {
  Clock::TimePoint started;
  seconds timeout{0};
  seconds grace{0};
  WatchDecoder decoder;
  size_t events = 0;
  std::optional<ServerStatus> refusal;  // an ERROR event
  bool overdue = false;                 // the server goes on although its time is up
};

Reflector::Reflector(WatchedResource watched, ReflectorParts parts)
    : watched_(std::move(watched)),
      parts_(std::move(parts)),
      backoff_({}, parts_.clock, parts_.random),
      filtering_(parts_.metrics.MakeGauge(
          "kubediag_watch_client_side_filter",
          "1 if the server does not know the field selector and sends everything.",
          ResourceLabel(watched_.resource))) {
  (void)Restarts("ended");  // so that the metric is there from the start
}

void Reflector::Run(const std::stop_token& stop) {
  Next next{.reason = "", .lists = true, .waits = false};
  while (!stop.stop_requested()) {
    if (next.waits && !parts_.clock.Sleep(WaitBefore(next), stop)) return;
    next = next.lists ? List(stop) : Watch(stop);
    if (!stop.stop_requested() && !next.reason.empty()) Note(next);
  }
}

Reflector::Next Reflector::List(const std::stop_token& stop) {
  ListRequest request{watched_.resource, watched_.namespace_name, watched_.field_selector};
  request.not_older_than = version_;
  ListAnswer answer = ListAll(parts_.transport, request, stop);
  const bool filters_here =
      !request.field_selector.empty() && answer.refusal && answer.refusal->IsUnsupportedSelector();
  if (filters_here) {
    request.field_selector.clear();
    request.keeps = watched_.is_selected;
    answer = ListAll(parts_.transport, request, stop);
  }
  FilterHere(filters_here);
  if (answer.refusal || answer.status.ok()) Heard();
  if (answer.status.ok()) {
    TakeList(answer);
    return {.reason = "", .waits = false};
  }
  Next next = answer.refusal ? AfterRefusal(*answer.refusal, answer.status)
              : answer.status.code() == StatusCode::kDataLoss
                  ? Next{.reason = "garbage", .failure = answer.status}
                  : Next{.reason = "unavailable", .failure = answer.status};
  unanswered_ = next.reason == "unavailable";
  next.lists = true;
  return next;
}

void Reflector::TakeList(const ListAnswer& answer) {
  for (const std::string& problem : answer.unreadable) {
    parts_.logger.Warning("an object of a list cannot be read",
                          {{"resource", watched_.resource.plural}, {"problem", problem}});
  }
  // What we have heard of cannot be newer than the newest there is, unless the server's store was
  // set back.
  const bool went_back =
      answer.is_newest && std::is_lt(CompareVersions(answer.resource_version, newest_));
  version_ = newest_ = answer.resource_version;
  Tell(parts_.cache.Replace(answer.objects, went_back ? ObjectCache::ListKind::kAfresh
                                                      : ObjectCache::ListKind::kNotOlder));
  synced_ = true;
  parts_.handler.OnSynced();
}

Reflector::Next Reflector::Watch(const std::stop_token& stop) {
  Attempt attempt;
  attempt.started = parts_.clock.Now();
  const seconds least = watched_.watch_timeout / 2;
  attempt.timeout = least + Part(watched_.watch_timeout - least, parts_.random());
  attempt.grace = std::min(kWatchIdleGrace, watched_.watch_timeout);
  Result<std::string> target = WatchTarget(attempt.timeout);
  if (!target.ok()) return {.reason = "refused", .lists = true, .failure = target.status()};
  const Result<Response> response = parts_.transport.Stream(
      {.target = *std::move(target)}, attempt.timeout + attempt.grace,
      [&](std::string_view bytes) { return TakeBytes(bytes, attempt); }, stop);
  return AfterWatch(attempt, response);
}

Result<std::string> Reflector::WatchTarget(seconds timeout) const {
  Query query = {{"watch", "1"},
                 {"resourceVersion", version_},
                 {"allowWatchBookmarks", "true"},
                 {"timeoutSeconds", std::to_string(timeout.count())}};
  if (!watched_.field_selector.empty() && !filters_here_) {
    query.emplace_back("fieldSelector", watched_.field_selector);
  }
  return CollectionTarget(watched_.resource, watched_.namespace_name, query);
}

Status Reflector::TakeBytes(std::string_view bytes, Attempt& attempt) {
  Heard();
  if (parts_.clock.Now() > attempt.started + attempt.timeout + attempt.grace) {
    attempt.overdue = true;
    return Status::DeadlineExceeded("the watch goes on beyond its timeoutSeconds");
  }
  return attempt.decoder.Add(bytes,
                             [&](const WatchEvent& event) { return TakeEvent(event, attempt); });
}

Status Reflector::TakeEvent(const WatchEvent& event, Attempt& attempt) {
  if (event.type == WatchEventType::kError) {
    attempt.refusal = event.status;
    return Status::Unavailable("watch: " + event.status.ToString());
  }
  ++attempt.events;
  if (event.type != WatchEventType::kBookmark) TakeObject(event);
  if (!event.resource_version.empty()) version_ = newest_ = event.resource_version;
  return {};
}

void Reflector::TakeObject(const WatchEvent& event) {
  if (event.object == nullptr) {
    parts_.logger.Warning("an object of a watch cannot be read",
                          {{"resource", watched_.resource.plural}, {"problem", event.problem}});
    const ObjectPtr known = parts_.cache.Find(event.uid);
    if (event.type != WatchEventType::kDeleted || known == nullptr) return;
    return Tell(parts_.cache.Remove(known->metadata(), known, RemovalCause::kDeleted));
  }
  const ObjectPtr& object = event.object;
  if (event.type == WatchEventType::kDeleted) {
    return Tell(parts_.cache.Remove(object->metadata(), object, RemovalCause::kDeleted));
  }
  if (LeavesOut(object->object)) {
    return Tell(parts_.cache.Remove(object->metadata(), object, RemovalCause::kNotSelected));
  }
  Tell(parts_.cache.Put(object));
}

Reflector::Next Reflector::AfterWatch(const Attempt& attempt, const Result<Response>& response) {
  const Clock::Duration lasted = parts_.clock.Now() - attempt.started;
  const bool is_early = lasted < attempt.timeout / 2;
  const bool is_short = is_early && lasted < kShortWatch;
  const bool says_nothing = attempt.events == 0;
  if (!is_early || !says_nothing) short_watches_ = 0;

  if (attempt.refusal) return AfterRefusal(*attempt.refusal, response.status());
  if (attempt.overdue) return {.reason = "overdue", .failure = response.status()};
  // What is left in the decoder of a stream that broke off is no error of its own.
  if (const Status end = attempt.decoder.Finish();
      !end.ok() && (end.reason() != "TruncatedEvent" || response.ok())) {
    const bool is_cut = end.reason() == "TruncatedEvent";
    return {.reason = is_cut ? "cut" : "garbage", .lists = !is_cut, .failure = end};
  }
  if (!response.ok()) {
    const bool is_silent = response.status().code() == StatusCode::kDeadlineExceeded;
    unanswered_ = true;
    return {.reason = is_silent ? "silent" : "unavailable", .failure = response.status()};
  }
  Heard();
  if (response->status != kHttpOk) {
    ServerStatus refusal = ParseServerStatus(response->status, response->body);
    if (response->retry_after) refusal.retry_after = response->retry_after;
    return AfterRefusal(refusal, Status::Unavailable("watch: " + refusal.ToString()));
  }
  // Bookmarks come every minute; a server that sends none may not have come to our version yet,
  // and would then hold back what happens until it has.
  if (!is_early) return {.reason = "ended", .lists = says_nothing, .waits = false};
  if (!says_nothing) return {.reason = "ended", .waits = is_short};
  // Lists work and watches do not: at least its lists keep the cache true.
  const bool lists = ++short_watches_ % kShortWatchesBeforeList == 0;
  return {.reason = "short",
          .lists = lists,
          .waits = is_short,
          .failure = Status::Unavailable("the watch ended early with nothing said")};
}

Reflector::Next Reflector::AfterRefusal(const ServerStatus& refusal, Status failure) {
  // A server that answers again after an outage is not asked as rarely as one that is away: what
  // happened meanwhile has waited long enough. After such a time its watchers come one by one.
  if (std::exchange(unanswered_, false)) backoff_.StartOver();
  Next next{.reason = "refused", .failure = std::move(failure), .retry_after = refusal.retry_after};
  if (refusal.IsGone() || refusal.IsFutureVersion()) {
    // Waits too: all watchers of a restarted server would list at once.
    next.reason = refusal.IsGone() ? "expired" : "future_version";
    next.lists = true;
    version_.clear();
  } else if (refusal.IsUnsupportedSelector() && !filters_here_ &&
             !watched_.field_selector.empty()) {
    next.reason = "selector";
    next.lists = true;
  } else if (refusal.code == kTooManyRequests) {
    next.reason = "throttled";
  } else if (refusal.code == kUnauthorized || refusal.code == kForbidden) {
    next.reason = "denied";
  } else if (refusal.code >= kFirstServerError) {
    next.reason = "server_error";
  } else {
    next.lists = refusal.code >= kBadRequest;
  }
  return next;
}

metrics::Counter Reflector::Restarts(const std::string& reason) {
  metrics::Labels labels = ResourceLabel(watched_.resource);
  labels["reason"] = reason;
  return parts_.metrics.MakeCounter("kubediag_watch_restarts_total",
                                    "Watches and lists that ended, and why.", labels);
}

void Reflector::Note(const Next& next) {
  Restarts(next.reason).Add();
  const LogLevel level = next.failure.ok() ? LogLevel::kDebug : LogLevel::kWarning;
  parts_.logger.Log(level, next.lists ? "listing anew" : "watching anew",
                    {{"resource", watched_.resource.plural},
                     {"reason", next.reason},
                     {"failure", next.failure.message()}});
}

Clock::Duration Reflector::WaitBefore(const Next& next) {
  const Clock::Duration wait = backoff_.Next();
  if (!next.retry_after) return wait;
  // Those who were told the same time to come back should not come back together.
  const Clock::Duration told = std::clamp(*next.retry_after, seconds(0), kMaxRetryAfter);
  return std::max(wait, told + Part(told / 2, parts_.random()));
}

void Reflector::Tell(const std::vector<Change>& changes) {
  for (const Change& change : changes) parts_.handler.OnChange(change);
}

bool Reflector::LeavesOut(const api::Object& object) const {
  return filters_here_ && watched_.is_selected && !watched_.is_selected(object);
}

void Reflector::FilterHere(bool here) {
  filters_here_ = here;
  filtering_.Set(here ? 1 : 0);
}

}  // namespace kubediag::kube
