// What a journal says: the records of one run of one Diagnosis, and their bytes.
//
// Plain values; the functions are pure and thread-safe. Bytes are taken as damaged until proved
// sound.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"

namespace kubediag::diagnosis {

// First record: what the run is bound to.
struct BeginRecord {
  std::string binding;   // digest of the Diagnosis' spec and of the set: equal objects, equal run
  std::string set_hash;  // of the OperationSet alone
  std::string operations_hash;  // of the Operation objects: where nobody has claimed the run
  std::string stamp;            // names the folder of the run's saved values
  api::Time start_time{};
  std::vector<bool> repeatable;  // by position
  bool operator==(const BeginRecord&) const = default;
};

// Synced before an operation is given its job.
struct StartedRecord {
  uint32_t node = 0;
  int64_t attempt = 1;
  std::string digest;  // of the map it is given
  api::Time time{};
  bool operator==(const StartedRecord&) const = default;
};

// A result: its bytes, or where they were saved if they are large.
struct RecordedValue {
  std::string bytes;                      // empty if saved
  std::optional<std::string> saved_path;  // relative to the data root
  uint64_t size = 0;
  std::string sha256;
  bool operator==(const RecordedValue&) const = default;
};

struct RecordedFile {
  std::string key;
  std::string path;  // relative to the data root
  uint64_t size = 0;
  std::string sha256;
  bool operator==(const RecordedFile&) const = default;
};

// What is needed to serve again.
struct RecordedViewer {
  uint16_t port = 0;
  std::string base_url;
  std::string state;
  std::string module_path;
  std::string artifact_folder;  // relative to the data root; empty: none
  int64_t expires = 0;          // seconds since the epoch
  bool operator==(const RecordedViewer&) const = default;
};

// Synced after an operation, before anything that depends on it.
struct FinishedRecord {
  uint32_t node = 0;
  int64_t attempt = 0;  // 0: it never got as far as being run
  std::string digest;
  bool succeeded = false;
  std::string reason;
  std::string message;
  api::Time start_time{};
  api::Time end_time{};
  std::chrono::nanoseconds duration{};
  std::map<std::string, RecordedValue> values;
  std::vector<RecordedFile> files;
  std::optional<RecordedViewer> viewer;
  bool operator==(const FinishedRecord&) const = default;
};

// The final status is written.
struct EndRecord {
  bool succeeded = false;
  bool operator==(const EndRecord&) const = default;
};

using Record = std::variant<BeginRecord, StartedRecord, FinishedRecord, EndRecord>;

std::string EncodeRecord(const Record& record);
// DataLoss if the bytes are not exactly one record.
Result<Record> DecodeRecord(std::string_view bytes);

}  // namespace kubediag::diagnosis
