// WatchDecoder: the body of a watch, in pieces of any size, as events.
//
// Not thread-safe. Events are JSON documents, one a line; where the pieces are cut means nothing.
// What has been handed in and belongs to no whole line yet is kept, at most kMaxWatchEventBytes.
//
// Errors: DataLoss with reason EventTooLarge, MalformedEvent (no JSON, nested too deep, no event)
// or TruncatedEvent (the body ended within one). A broken stream stays broken. An object that is no
// good in itself breaks nothing: it comes with KnownObject::problem, or, if it cannot even be
// named, as an event without object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/status.h"
#include "engine/kube/known_object.h"
#include "engine/kube/server_status.h"

namespace kubediag::kube {

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError };

// "ADDED", "MODIFIED" …
std::string_view WatchEventTypeName(WatchEventType type);

struct WatchEvent {
  WatchEventType type = WatchEventType::kError;
  std::string resource_version;  // of the object or bookmark; empty for an error
  ObjectPtr object;              // of the first three types; null if it could not be read at all
  std::string problem;           // why `object` is null …
  std::string uid;               // … and which one it is, as far as it says so
  ServerStatus status;           // of an error
};

class WatchDecoder {
 public:
  // A Status that is not ok ends the stream and is returned.
  using OnEvent = std::function<Status(WatchEvent event)>;

  // Calls `on_event` for each event that is whole now, in order.
  Status Add(std::string_view bytes, const OnEvent& on_event);
  // When the body has ended.
  Status Finish() const;

 private:
  Status TakeLine(std::string_view line, const OnEvent& on_event);
  Status Break(std::string reason, std::string message);

  std::string pending_;  // the beginning of an event
  Status broken_;
};

}  // namespace kubediag::kube
