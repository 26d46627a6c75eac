#include "engine/kube/watch_decoder.h"

#include <array>
#include <utility>

#include "engine/api/value.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"

namespace kubediag::kube {
namespace {

constexpr std::array<std::string_view, 5> kTypeNames = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK",
                                                        "ERROR"};

std::optional<WatchEventType> ParseType(std::string_view name) {
  for (size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return static_cast<WatchEventType>(i);
  }
  return std::nullopt;
}

Result<WatchEvent> ReadEvent(std::string_view line) {
  KUBEDIAG_ASSIGN_OR_RETURN(api::Value document, ParseJsonMap(line));
  const std::optional<WatchEventType> type = ParseType(TextAt(document, "type"));
  if (!type) return Status::DataLoss("type is none of a watch event");
  std::optional<api::Value> object = TakeAt(document, "object");
  if (!object || object->kind != api::Value::Kind::kMap) {
    return Status::DataLoss("object is missing");
  }
  WatchEvent event;
  event.type = *type;
  if (event.type == WatchEventType::kError) {
    event.status = ReadServerStatus(*object);
    return event;
  }
  if (const api::Value* const metadata = MapAt(*object, "metadata")) {
    event.resource_version = TextAt(*metadata, "resourceVersion");
    event.uid = TextAt(*metadata, "uid");
  }
  if (event.type == WatchEventType::kBookmark) return event;
  ReadObject read = ReadKnownObject(*std::move(object));
  event.object = std::move(read.object);
  event.problem = std::move(read.problem);
  return event;
}

}  // namespace

std::string_view WatchEventTypeName(WatchEventType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

Status WatchDecoder::Add(std::string_view bytes, const OnEvent& on_event) {
  while (broken_.ok() && !bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (part.size() > kMaxWatchEventBytes - pending_.size()) {
      return Break("EventTooLarge",
                   "an event of more than " + std::to_string(kMaxWatchEventBytes / kMiB) + " MiB");
    }
    if (end == std::string_view::npos) {
      pending_.append(part);
      break;
    }
    bytes.remove_prefix(end + 1);
    if (pending_.empty()) {
      broken_ = TakeLine(part, on_event);
    } else {
      const std::string line = std::exchange(pending_, {}).append(part);
      broken_ = TakeLine(line, on_event);
    }
  }
  return broken_;
}

Status WatchDecoder::Finish() const {
  if (!broken_.ok() || pending_.empty()) return broken_;
  return Status(
      StatusCode::kDataLoss, "TruncatedEvent",
      "the watch ended within an event, after " + std::to_string(pending_.size()) + " bytes of it");
}

Status WatchDecoder::TakeLine(std::string_view line, const OnEvent& on_event) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  Result<WatchEvent> event = ReadEvent(line);
  if (!event.ok()) return Break("MalformedEvent", "no watch event: " + event.status().message());
  return on_event(*std::move(event));
}

Status WatchDecoder::Break(std::string reason, std::string message) {
  pending_ = {};
  broken_ = Status(StatusCode::kDataLoss, std::move(reason), std::move(message));
  return broken_;
}

}  // namespace kubediag::kube
