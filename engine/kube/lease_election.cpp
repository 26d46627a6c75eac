#include "engine/kube/lease_election.h"

#include <algorithm>
#include <utility>

#include "engine/kube/micro_time.h"
#include "engine/kube/paths.h"
#include "engine/kube/server_status.h"

namespace kubediag::kube {
namespace {

constexpr int kHttpOk = 200;
constexpr int kHttpCreated = 201;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kTooManyRequests = 429;
constexpr std::chrono::seconds kLongestWait{30};  // of a candidate that the server puts off
constexpr double kCandidateJitter = 1.2;          // of the wait of those who do not lead
constexpr char kMergePatch[] = "application/merge-patch+json";
constexpr char kJson[] = "application/json";

Status RefusalOf(const Response& response) {
  const std::string text = ParseServerStatus(response.status, response.body).ToString();
  if (response.status == kNotFound) return Status::NotFound(text);
  if (response.status == kConflict) return Status::FailedPrecondition(text);
  if (response.status < 500 && response.status != kTooManyRequests)
    return Status::PermissionDenied(text);
  return Status::Unavailable(text);
}

}  // namespace

LeaseElection::LeaseElection(ElectionOptions options, Transport& transport,
                             metrics::Registry& metrics, Logger& logger, Clock& clock,
                             RandomSource random)
    : options_(std::move(options)),
      transport_(transport),
      logger_(logger),
      clock_(clock),
      random_(std::move(random)),
      leading_gauge_(metrics.MakeGauge("kubediag_leader", "1 while this process leads.")),
      last_step_(clock.Now().time_since_epoch().count()) {}

void LeaseElection::Run(const std::stop_token& stop) {
  while (!stop.stop_requested() && clock_.Sleep(Step(stop), stop)) {
  }
  Leave();
}

bool LeaseElection::IsLeader() const {
  return clock_.Now().time_since_epoch().count() < leads_until_;
}

Clock::Duration LeaseElection::Step(const std::stop_token& stop) {
  last_step_ = clock_.Now().time_since_epoch().count();
  asked_to_wait_ = {};
  if (leading_ && !IsLeader()) Lose("not renewed in time");
  const Status held = TryHold(stop);
  if (!held.ok() && held.code() != StatusCode::kFailedPrecondition && !stop.stop_requested()) {
    logger_.Warning(leading_ ? "the lease was not renewed" : "the lease could not be had",
                    {{"lease", options_.lease_name}, {"failure", held.message()}});
  }
  if (leading_ && !IsLeader()) Lose(held.ok() ? "renewed too late" : held.message());
  return Pause();
}

// Until the next step. Who leads gives way to a server that asks for time, but for one last try
// before the lease is lost.
Clock::Duration LeaseElection::Pause() {
  if (!leading_) {
    const auto usual =
        options_.retry_period + std::chrono::duration_cast<Clock::Duration>(
                                    options_.retry_period * (kCandidateJitter * random_()));
    return std::max<Clock::Duration>(usual,
                                     std::min<Clock::Duration>(asked_to_wait_, kLongestWait));
  }
  const Clock::Duration left = Clock::TimePoint(Clock::Duration(leads_until_)) - clock_.Now();
  const auto usual = std::min<Clock::Duration>(options_.retry_period, left);
  return std::max(usual, std::min<Clock::Duration>(asked_to_wait_, left - options_.retry_period));
}

Result<Response> LeaseElection::Ask(const Request& request, Clock::Duration limit,
                                    const std::stop_token& stop) {
  Result<Response> response = transport_.Send(request, Deadline::After(limit), stop);
  if (response.ok() && response->retry_after &&
      (response->status == kTooManyRequests || response->status >= 500)) {
    asked_to_wait_ = *response->retry_after;
  }
  return response;
}

void LeaseElection::Leave() {
  if (!leading_) return;
  Lose("stopped");
  const std::stop_token even_if_stopped;
  if (outcome_unknown_ && !Read(even_if_stopped).ok()) return;
  if (!seen_ || seen_->holder != options_.identity) return;
  Lease free = *seen_;
  free.holder.clear();
  free.duration = std::chrono::seconds(1);
  free.renew_time = FormatMicroTime(clock_.WallNow());
  const Result<Lease> left = Exchange(free, kLeaseReleaseTimeout, even_if_stopped);
  if (!left.ok()) {
    logger_.Warning("the lease was not given back; it runs out by itself",
                    {{"lease", options_.lease_name}, {"failure", left.status().message()}});
  }
}

Status LeaseElection::TryHold(const std::stop_token& stop) {
  if (leading_ && seen_ && !outcome_unknown_) {
    Status renewed = Write(Mine(*seen_), stop);
    const bool is_changed = renewed.code() == StatusCode::kFailedPrecondition ||
                            renewed.code() == StatusCode::kNotFound;
    if (!is_changed) return renewed;
  }
  Result<Lease> current = Read(stop);
  if (current.status().code() == StatusCode::kNotFound) {
    seen_.reset();
    return Write(Mine({}), stop);
  }
  if (!current.ok()) return current.status();
  if (!IsFree(*current)) {
    if (leading_) Lose("the lease is " + current->holder + "'s");
    return Status::FailedPrecondition("the lease is " + current->holder + "'s");
  }
  return Write(Mine(*current), stop);
}

Result<Lease> LeaseElection::Read(const std::stop_token& stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target,
                            ObjectTarget(kLeases, options_.namespace_name, options_.lease_name));
  KUBEDIAG_ASSIGN_OR_RETURN(const Response response,
                            Ask({.target = std::move(target)}, RequestLimit(), stop));
  if (response.status != kHttpOk) return RefusalOf(response);
  KUBEDIAG_ASSIGN_OR_RETURN(Lease lease, ParseLease(response.body));
  outcome_unknown_ = false;
  Observe(lease);
  return lease;
}

Status LeaseElection::Write(const Lease& lease, const std::stop_token& stop) {
  const Clock::TimePoint asked = clock_.Now();  // others see the renewal after this, never before
  Result<Lease> written = Exchange(lease, RequestLimit(), stop);
  if (!written.ok()) return written.status();
  Observe(*std::move(written));
  Lead(asked);
  return {};
}

Result<Lease> LeaseElection::Exchange(const Lease& lease, Clock::Duration limit,
                                      const std::stop_token& stop) {
  const bool creates = lease.resource_version.empty();
  const Query query = {{"fieldManager", "kubediag"}};
  KUBEDIAG_ASSIGN_OR_RETURN(
      std::string target,
      creates ? CollectionTarget(kLeases, options_.namespace_name, query)
              : ObjectTarget(kLeases, options_.namespace_name, options_.lease_name, "", query));
  // A patch leaves alone what others have put into the Lease.
  const Request request{.method = creates ? "POST" : "PATCH",
                        .target = std::move(target),
                        .body = EncodeLease(lease),
                        .content_type = creates ? kJson : kMergePatch};
  outcome_unknown_ = true;
  KUBEDIAG_ASSIGN_OR_RETURN(const Response response, Ask(request, limit, stop));
  if (response.status < 500) outcome_unknown_ = false;
  if (response.status != kHttpOk && response.status != kHttpCreated) return RefusalOf(response);
  Result<Lease> written = ParseLease(response.body);
  outcome_unknown_ = !written.ok();
  return written;
}

Lease LeaseElection::Mine(const Lease& current) const {
  const std::string now = FormatMicroTime(clock_.WallNow());
  Lease mine = current;
  mine.namespace_name = options_.namespace_name;
  mine.name = options_.lease_name;
  mine.holder = options_.identity;
  mine.duration = options_.lease_duration;
  mine.renew_time = now;
  if (current.holder != options_.identity || mine.acquire_time.empty()) {
    mine.acquire_time = now;
    if (!current.resource_version.empty()) ++mine.transitions;
  }
  return mine;
}

bool LeaseElection::IsFree(const Lease& lease) const {
  if (lease.holder.empty() || lease.holder == options_.identity) return true;
  const auto duration = lease.duration.count() > 0 ? lease.duration : options_.lease_duration;
  return clock_.Now() - seen_changed_ >= duration;
}

void LeaseElection::Observe(Lease lease) {
  if (!seen_ || seen_->resource_version != lease.resource_version) seen_changed_ = clock_.Now();
  seen_ = std::move(lease);
}

void LeaseElection::Lead(Clock::TimePoint asked) {
  const Clock::TimePoint until = asked + options_.renew_deadline;
  if (clock_.Now() >= until) return;  // the answer came too late to be of use
  leads_until_ = until.time_since_epoch().count();
  if (leading_) return;
  leading_ = true;
  leading_gauge_.Set(1);
  logger_.Info("leading", {{"lease", options_.lease_name}});
  if (options_.on_leading) options_.on_leading();
}

void LeaseElection::Lose(const std::string& why) {
  leads_until_ = 0;
  leading_ = false;
  leading_gauge_.Set(0);
  logger_.Info("no longer leading", {{"lease", options_.lease_name}, {"why", why}});
  if (options_.on_lost) options_.on_lost();
}

// Half of the deadline, so that a renewal that hangs can be tried once more.
Clock::Duration LeaseElection::RequestLimit() const {
  const Clock::Duration half = Clock::Duration(options_.renew_deadline) / 2;
  if (!leading_) return half;
  const Clock::TimePoint until{Clock::Duration(leads_until_)};
  return std::clamp<Clock::Duration>(until - clock_.Now(), Clock::Duration::zero(), half);
}

}  // namespace kubediag::kube
