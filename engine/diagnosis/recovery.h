// Recovery: what a journal means for the run that goes on from it. Pure; values.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/core/result.h"
#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/journal_record.h"

namespace kubediag::diagnosis {

struct Recovery {
  BeginRecord begin;
  std::vector<FinishedRecord> finished;  // in the order they ended
  std::vector<StartedRecord>
      interrupted;                       // under way when the engine ended; the last start of each
  std::map<uint32_t, int64_t> attempts;  // starts, by node
  std::map<uint32_t, int> unfinished;    // starts without an end, by node
  bool ended = false;                    // the final status was written
  bool cancelled = false;                // an operation was ended by Cancelled or Suspended
  size_t sound_bytes = 0;

  // Whether an operation that was under way may be run again.
  bool MayRepeat(uint32_t node) const;
};

// DataLoss if the records cannot have been written by one run of a set with as many nodes as
// `begin` counts.
Result<Recovery> Recover(const JournalContents& contents);

}  // namespace kubediag::diagnosis
