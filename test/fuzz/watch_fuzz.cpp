// What an API server answers to a watch, and the small JSON read by hand. A watch must read as the
// same events wherever it is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/value.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/lease.h"
#include "engine/kube/object_cache.h"
#include "engine/kube/resource_version.h"
#include "engine/kube/server_status.h"
#include "engine/kube/watch_decoder.h"

namespace {

using namespace kubediag;        // NOLINT(google-build-using-namespace)
using namespace kubediag::kube;  // NOLINT(google-build-using-namespace)

void Demand(bool holds) {
  if (!holds) std::abort();
}

struct Read {
  std::vector<WatchEvent> events;
  Status end;
};

// In pieces of so many bytes.
Read ReadIn(std::string_view bytes, size_t piece) {
  Read read;
  WatchDecoder decoder;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const Status status = decoder.Add(bytes.substr(at, piece), [&](WatchEvent event) {
      read.events.push_back(std::move(event));
      return Status::Ok();
    });
    if (!status.ok()) break;
  }
  read.end = decoder.Finish();
  return read;
}

void CheckSame(const Read& a, const Read& b) {
  Demand(a.end == b.end);
  Demand(a.events.size() == b.events.size());
  for (size_t i = 0; i < a.events.size(); ++i) {
    Demand(a.events[i].type == b.events[i].type);
    Demand(a.events[i].resource_version == b.events[i].resource_version);
    Demand(a.events[i].problem == b.events[i].problem);
    Demand((a.events[i].object == nullptr) == (b.events[i].object == nullptr));
  }
}

// A cache that follows the events holds no object twice and finds what it lists.
void CheckCache(const std::vector<WatchEvent>& events) {
  ObjectCache cache;
  for (const WatchEvent& event : events) {
    if (event.object == nullptr) continue;
    if (event.type == WatchEventType::kDeleted) {
      cache.Remove(event.object->metadata(), event.object, RemovalCause::kDeleted);
    } else {
      cache.Put(event.object);
    }
    const auto listed = cache.List();
    Demand(listed.size() == cache.size());
    for (const ObjectPtr& object : listed) {
      Demand(cache.Find(object->metadata().uid) == object);
      Demand(cache.Find(KeyOf(object->object)) == object);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Read whole = ReadIn(bytes, size + 1);
  CheckSame(whole, ReadIn(bytes, 1));
  CheckSame(whole, ReadIn(bytes, 7));
  CheckCache(whole.events);

  Demand(!ParseServerStatus(500, bytes).ToString().empty());
  if (const auto lease = ParseLease(bytes); lease.ok()) {
    const auto again = ParseLease(EncodeLease(*lease));
    Demand(again.ok() && again->holder == lease->holder && again->duration == lease->duration);
  }
  const std::string_view front = bytes.substr(0, size / 2);
  const std::string_view back = bytes.substr(size / 2);
  Demand(std::is_lt(CompareVersions(front, back)) == std::is_gt(CompareVersions(back, front)));
  return 0;
}
