// Reader: one pass over the protobuf bytes of a profile into Columns, then the checks that need
// the whole. Internal to the decoder.
//
// Ids are first believed to be 1..n in order, as Go and pprof number them: an id minus one is then
// the index, and nothing is looked up. The first id that breaks this ends the pass with
// kSparseIds, and the caller starts a second one that numbers ids through IdIndex.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/status.h"
#include "plugins/go_profiler/profile/id_index.h"
#include "plugins/go_profiler/profile/intern_table.h"
#include "plugins/go_profiler/profile/limits.h"
#include "plugins/go_profiler/profile/profile.h"
#include "plugins/go_profiler/profile/wire.h"

namespace kubediag::profile {

// Label fields of a sample as they stand in the input, and the set that they are.
struct LabelBytes {
  uint64_t head[2];  // the bytes themselves, if they are few
  uint32_t offset;
  uint32_t size;
  uint32_t label_set;
};

// What a pass needs besides the columns; kept between profiles.
struct ReaderScratch {
  InternTable stacks;
  InternTable label_sets;
  InternTable label_bytes;
  Column<LabelBytes> known_labels;
  IdIndex location_ids;
  IdIndex function_ids;
  IdIndex mapping_ids;
};

enum class IdMode { kDense, kSparse };
enum class ReadOutcome { kDone, kSparseIds, kFailed };

class Reader {
 public:
  // `bytes` must be readable for kWireSlack bytes past its end. `columns` are emptied and filled.
  Reader(std::span<const uint8_t> bytes, const Limits& limits, IdMode mode, ReaderScratch& scratch,
         Columns& columns);

  ReadOutcome Read();
  // Why Read() failed.
  const Status& status() const { return status_; }

 private:
  using Position = const uint8_t*;

  // Messages. All return false after Fail() or when the pass must start again.
  bool ReadTopLevel();
  bool ReadOtherField(uint64_t tag, Position& p);
  bool ReadSample(Position p, Position end);
  bool ReadLocationIds(Position p, Position end, size_t& count);
  bool ReadValues(Position p, Position end, size_t& count);
  bool FindLabels(Position p, Position end, uint32_t& label_set);
  bool ReadLabels(Position p, Position end, uint32_t& label_set);
  bool ReadLabel(Position p, Position end);
  bool CommitSample(Position at, size_t ids, size_t values, uint32_t label_set);
  uint32_t InternLabels();
  bool InternStacks();
  bool ReadValueType(Position p, Position end, ValueType& type);
  bool ReadMapping(Position p, Position end);
  bool ReadLocation(Position p, Position end);
  bool ReadLine(Position p, Position end);
  bool ReadFunction(Position p, Position end);
  bool ReadComments(Position p, Position end);
  bool AddString(Position data, size_t size);

  // Calls read_field(tag) for each field of a message; it leaves `p` behind the field.
  template <typename ReadField>
  bool ReadFields(Position& p, Position end, const char* message, const ReadField& read_field);

  // Pieces of a message. Numbers may run past the end of their message (the slack is readable):
  // each message checks once, when it is done, that it ended where it should.
  bool ReadTag(Position& p, uint64_t& tag);
  bool ReadNumber(Position& p, const char* field, uint64_t& value);
  bool ReadSigned(Position& p, const char* field, int64_t& value);
  bool ReadString(Position& p, const char* field, uint32_t& string);
  bool ReadLength(Position& p, Position end, const char* field, Position& data_end);
  bool EndOf(const char* message, Position start, Position p, Position end);
  // A tag that the message does not know: skips its field, or fails when the field is known
  // (`known` has its bit) and comes in the wrong form.
  bool SkipField(Position& p, Position end, uint64_t tag, uint32_t known, const char* message);

  // References.
  bool UseLocation(Position at, uint64_t id, uint32_t& reference);
  bool UseFunction(Position at, uint64_t id, uint32_t& reference);
  bool UseMapping(uint64_t id, uint32_t& reference);
  // Ids that count up from 1 in the order of their definitions are positions.
  bool UseInOrder(uint64_t id, uint32_t& reference) {
    if (id > UINT32_MAX) return StartAgain();
    reference = static_cast<uint32_t>(id - 1);
    return true;
  }
  bool Define(Position at, uint64_t id, size_t position, IdIndex& index, const char* kind);

  // After the pass.
  bool Finish();
  bool ResolveIds();
  bool KeepOriginalIds(const IdIndex& index, size_t count, Column<uint64_t>& ids);
  bool CheckReferences();
  bool CheckStackFrames();
  bool CheckSampleTypes();
  bool CheckStrings();
  bool CheckString(uint32_t string, uint32_t field, uint32_t ordinal, const char* name);
  bool FailString(uint32_t string, size_t offset, const char* name);
  void TakeText();
  // Byte offset of the ordinal-th field `field` of the profile.
  size_t OffsetOf(uint32_t field, uint32_t ordinal) const;

  [[gnu::cold]] bool FailLength(Position at, Position end, const char* field, uint64_t size);
  [[gnu::cold]] bool FailLongNumber(Position at, const char* field);
  [[gnu::cold]] bool FailStringIndex(Position at, const char* field, uint64_t string);
  bool Fail(Position at, std::string_view field, const std::string& reason);
  bool FailAt(size_t offset, std::string_view field, const std::string& reason);
  bool CutOff(Position at, std::string_view field, const std::string& reason);
  bool TooMany(std::string_view what, size_t limit);
  bool StartAgain() {
    sparse_ids_ = true;
    return false;
  }

  Position begin_;
  Position end_;
  const Limits& limits_;
  bool dense_;
  ReaderScratch& scratch_;
  Columns& c_;
  Status status_;
  bool sparse_ids_ = false;

  uint32_t values_per_sample_ = 0;  // of the first sample
  uint32_t largest_reference_ = 0;  // of a stack to a location
  uint32_t most_lines_ = 0;         // in one location
  size_t pending_labels_ = 0;       // of the current sample, past the last label set
  uint32_t dropped_label_key_ = 0;  // largest key of a label that holds nothing
  uint32_t dropped_label_sample_ = 0;

  // Stacks are looked up in batches, so that the table's memory is asked for ahead of its use.
  static constexpr size_t kBatch = 64;
  struct PendingStack {
    uint32_t hash;
    uint32_t end;  // in stack_locations; it begins where the one before ends
  };
  PendingStack pending_stacks_[kBatch];
  size_t pending_count_ = 0;
};

inline bool Reader::ReadTag(Position& p, uint64_t& tag) {
  if (*p < 0x80) [[likely]] {
    tag = *p++;
    return true;
  }
  return ReadNumber(p, "tag", tag);
}

inline bool Reader::ReadNumber(Position& p, const char* field, uint64_t& value) {
  const Position at = p;
  p = ReadVarint(p, value);
  if (p == nullptr) [[unlikely]]
    return FailLongNumber(at, field);
  return true;
}

template <typename ReadField>
bool Reader::ReadFields(Position& p, Position end, const char* message,
                        const ReadField& read_field) {
  const Position start = p;
  while (p < end) {
    uint64_t tag = 0;
    if (!ReadTag(p, tag) || !read_field(tag)) return false;
  }
  return EndOf(message, start, p, end);
}

inline bool Reader::ReadSigned(Position& p, const char* field, int64_t& value) {
  uint64_t number;
  if (!ReadNumber(p, field, number)) return false;
  value = static_cast<int64_t>(number);
  return true;
}

inline bool Reader::ReadString(Position& p, const char* field, uint32_t& string) {
  const Position at = p;
  uint64_t number;
  if (!ReadNumber(p, field, number)) return false;
  if (number >= UINT32_MAX) [[unlikely]]
    return FailStringIndex(at, field, number);
  string = static_cast<uint32_t>(number);
  return true;
}

inline bool Reader::ReadLength(Position& p, Position end, const char* field, Position& data_end) {
  const Position at = p;
  uint64_t size;
  if (!ReadNumber(p, field, size)) return false;
  // A number that ran past the end leaves less than nothing.
  if (static_cast<int64_t>(size) > end - p || static_cast<int64_t>(size) < 0) [[unlikely]]
    return FailLength(at, end, field, size);
  data_end = p + size;
  return true;
}

inline bool Reader::EndOf(const char* message, Position start, Position p, Position end) {
  return p == end || CutOff(start, message, "it ends inside a number");
}

}  // namespace kubediag::profile
