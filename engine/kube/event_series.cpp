#include "engine/kube/event_series.h"

#include <algorithm>
#include <utility>

#include "engine/api/names.h"
#include "engine/api/object.h"
#include "engine/api/time.h"
#include "engine/api/value.h"
#include "engine/api/write.h"
#include "engine/core/digest.h"
#include "engine/core/limits.h"
#include "engine/core/utf8.h"
#include "engine/kube/micro_time.h"

namespace kubediag::kube {
namespace {

constexpr size_t kMaxReportingBytes = 128;  // events.k8s.io/v1: action, reason, instance
constexpr size_t kNameTime = 14;            // hexadecimal digits, of microseconds
constexpr size_t kNameDigest = 6;           // hexadecimal digits

// The object's name, cut so that the rest fits; a cut name must end in a letter or digit. The time
// makes Events of one second stand in their order where they are sorted by name: kubectl describe.
std::string EventName(std::string name, std::chrono::system_clock::time_point time,
                      const std::string& key) {
  name.resize(std::min(name.size(), kMaxObjectNameBytes - kNameTime - kNameDigest - 1));
  while (!name.empty() && (name.back() == '.' || name.back() == '-')) name.pop_back();
  const auto since_epoch = time.time_since_epoch();
  auto left = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  std::string digits(kNameTime, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend() && left > 0; ++digit, left /= 16) {
    *digit = "0123456789abcdef"[left % 16];
  }
  return name + "." + digits + key.substr(0, kNameDigest);
}

// The mark of a cut comes on top of what Shorten() leaves.
api::Value Text(const std::string& text, size_t max_bytes) {
  constexpr size_t kMarkBytes = 3;
  return api::Value::String(text.size() <= max_bytes ? text
                                                     : Shorten(text, max_bytes - kMarkBytes));
}

api::Value RegardingValue(const Regarding& regarding) {
  const Resource& resource = regarding.resource;
  std::string version(resource.group);
  if (!version.empty()) version += '/';
  version += resource.version;
  api::Value value = api::Value::Map();
  value.Set("apiVersion", api::Value::String(std::move(version)));
  value.Set("kind", api::Value::String(std::string(resource.kind)));
  value.Set("name", api::Value::String(regarding.name));
  if (!regarding.namespace_name.empty()) {
    value.Set("namespace", api::Value::String(regarding.namespace_name));
  }
  value.Set("uid", api::Value::String(regarding.uid));
  return value;
}

}  // namespace

EventSeries::EventSeries(std::string controller, std::string instance)
    : controller_(std::move(controller)), instance_(std::move(instance)) {}

std::string EventSeries::KeyOf(const Occurrence& occurrence) const {
  std::string text;
  const auto add = [&text](std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  };
  add(occurrence.regarding.uid);
  add(occurrence.regarding.namespace_name);
  add(occurrence.regarding.name);
  add(occurrence.action);
  add(occurrence.event.reason);
  add(occurrence.event.message);
  add(occurrence.event.type == store::EventType::kWarning ? "w" : "n");
  add(controller_);
  add(instance_);
  return Sha256Hex(text);
}

std::optional<EventWrite> EventSeries::Add(const Occurrence& occurrence, TimePoint now) {
  const std::string key = KeyOf(occurrence);
  const auto found = series_.find(key);
  if (found != series_.end() && now - found->second.last_seen <= kEventSeriesQuiet) {
    Series& series = found->second;
    ++series.count;
    series.last = occurrence.time;
    series.last_seen = now;
    // The second one makes it a series, which is worth telling at once.
    if (series.count > 2 && now - series.last_write < kEventSeriesRefresh) return std::nullopt;
    return WriteOf(key, series, false, now);
  }
  if (found != series_.end()) series_.erase(found);
  if (series_.size() >= kMaxEventSeries) {
    series_.erase(std::min_element(
        series_.begin(), series_.end(),
        [](const auto& a, const auto& b) { return a.second.last_seen < b.second.last_seen; }));
  }
  Series& series = series_[key];
  series.first = occurrence;
  series.last = occurrence.time;
  series.last_seen = now;
  return WriteOf(key, series, true, now);
}

std::vector<EventWrite> EventSeries::Due(TimePoint now) {
  std::vector<EventWrite> due;
  for (auto each = series_.begin(); each != series_.end();) {
    Series& series = each->second;
    const bool quiet = now - series.last_seen > kEventSeriesQuiet;
    const bool stale = now - series.last_write >= kEventSeriesRefresh;
    if (series.count > series.written && (quiet || stale)) {
      due.push_back(WriteOf(each->first, series, false, now));
    }
    each = quiet ? series_.erase(each) : std::next(each);
  }
  return due;
}

EventSeries::TimePoint EventSeries::NextDue() const {
  TimePoint next = TimePoint::max();
  for (const auto& [key, series] : series_) {
    next = std::min(next, series.last_seen + kEventSeriesQuiet + milliseconds(1));
    if (series.count > series.written) {
      next = std::min<TimePoint>(next, series.last_write + kEventSeriesRefresh);
    }
  }
  return next;
}

EventWrite EventSeries::WriteOf(const std::string& key, Series& series, bool is_new,
                                TimePoint now) const {
  const Occurrence& first = series.first;
  EventWrite write;
  write.is_new = is_new;
  write.namespace_name = first.regarding.namespace_name.empty() ? api::kDefaultNamespace
                                                                : first.regarding.namespace_name;
  write.name = EventName(first.regarding.name, first.time, key);

  api::Value metadata = api::Value::Map();
  metadata.Set("name", api::Value::String(write.name));
  metadata.Set("namespace", api::Value::String(write.namespace_name));
  api::Value event = api::Value::Map();
  event.Set("action", Text(first.action, kMaxReportingBytes));
  event.Set("apiVersion", api::Value::String("events.k8s.io/v1"));
  event.Set("eventTime", api::Value::String(FormatMicroTime(first.time)));
  event.Set("kind", api::Value::String("Event"));
  event.Set("metadata", std::move(metadata));
  event.Set("note", Text(first.event.message, kMaxEventNoteBytes));
  event.Set("reason", Text(first.event.reason, kMaxReportingBytes));
  event.Set("regarding", RegardingValue(first.regarding));
  event.Set("reportingController", api::Value::String(controller_));
  event.Set("reportingInstance", Text(instance_, kMaxReportingBytes));
  const bool warning = first.event.type == store::EventType::kWarning;
  event.Set("type", api::Value::String(warning ? "Warning" : "Normal"));
  if (series.count > 1) {
    api::Value counted = api::Value::Map();
    counted.Set("count", api::Value::Integer(series.count));
    counted.Set("lastObservedTime", api::Value::String(FormatMicroTime(series.last)));
    event.Set("series", counted);
    api::Value patch = api::Value::Map();
    patch.Set("series", std::move(counted));
    write.patch = api::WriteJson(patch, api::JsonLayout::kCompact);
  }
  write.body = api::WriteJson(event, api::JsonLayout::kCompact);
  series.written = series.count;
  series.last_write = now;
  return write;
}

}  // namespace kubediag::kube
