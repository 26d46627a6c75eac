#include "engine/diagnosis/recovery.h"

#include <algorithm>
#include <variant>

#include "engine/core/limits.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::diagnosis {

bool Recovery::MayRepeat(uint32_t node) const {
  const auto starts = unfinished.find(node);
  // An operation that takes the engine down with it must not do so for ever.
  return begin.repeatable[node] &&
         (starts == unfinished.end() || starts->second < kMaxInterruptedAttempts);
}

Result<Recovery> Recover(const JournalContents& contents) {
  if (contents.records.empty() || !std::holds_alternative<BeginRecord>(contents.records.front())) {
    return Status::DataLoss("the journal does not say what it belongs to");
  }
  Recovery recovery;
  recovery.begin = std::get<BeginRecord>(contents.records.front());
  recovery.sound_bytes = contents.sound_bytes;
  const size_t nodes = recovery.begin.repeatable.size();
  const auto is_node = [nodes](uint32_t node) { return node > 0 && node < nodes; };
  std::map<uint32_t, StartedRecord> under_way;

  for (const Record& record : contents.records) {
    if (const auto* started = std::get_if<StartedRecord>(&record)) {
      if (!is_node(started->node)) return Status::DataLoss("the journal names no node of the set");
      under_way[started->node] = *started;
      ++recovery.attempts[started->node];
      ++recovery.unfinished[started->node];
    } else if (const auto* finished = std::get_if<FinishedRecord>(&record)) {
      if (!is_node(finished->node)) return Status::DataLoss("the journal names no node of the set");
      under_way.erase(finished->node);
      recovery.unfinished.erase(finished->node);
      if (finished->reason == kReasonCancelled || finished->reason == kReasonSuspended) {
        recovery.cancelled = true;
      }
      recovery.finished.push_back(*finished);
    } else if (std::holds_alternative<EndRecord>(record)) {
      recovery.ended = true;
    }
  }
  for (const auto& [node, started] : under_way) recovery.interrupted.push_back(started);
  return recovery;
}

}  // namespace kubediag::diagnosis
