// Journal: the truth about a run for whoever resumes it. Append-only file
// <data-root>/runs/<uid>/journal (0600), each record but the last (the end) synced before Append
// returns.
//
// A record is framed by length and two checksums (of the frame's head, of the record), so a tail
// torn by a crash is told from damage in the middle. A Journal is thread-safe; two of them on one
// file are not (run_lock.h).
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/diagnosis/journal_record.h"

namespace kubediag::diagnosis {

struct JournalContents {
  std::vector<Record> records;  // the first is a BeginRecord, none other is
  size_t sound_bytes = 0;       // where the last whole record ends
  bool torn = false;            // something incomplete follows
};

// What a journal tells without its results being read.
struct JournalOutline {
  BeginRecord begin;
  bool ended = false;  // its last record says that the final status is written
};

// DataLoss if bytes before the tail are damaged, or if it is no journal at all.
Result<JournalContents> ParseJournal(std::string_view bytes);

// Whether folder `name` in `directory` holds a journal, or what was to become one.
bool IsJournalFolder(int directory, const std::string& name);

class Journal {
 public:
  // Replaces whatever journal was there by one that holds `begin`, at once or not at all.
  static Result<std::unique_ptr<Journal>> Create(int run_directory, const BeginRecord& begin);
  // Goes on after the `sound_bytes` of an existing one; a torn tail is cut off.
  static Result<std::unique_ptr<Journal>> Continue(int run_directory, size_t sound_bytes);
  // NotFound if there is none.
  static Result<JournalContents> Read(int run_directory);

  // There is none afterwards.
  static Status Discard(int run_directory);
  // NotFound if there is none, DataLoss as for ParseJournal().
  static Result<JournalOutline> ReadOutline(int run_directory);
  // Another one whenever the journal has changed; empty if there is none.
  static std::string VersionOf(int run_directory);

  // ResourceExhausted "ResultLimit" if a record with results would pass kMaxJournalBytes (short
  // ones have kMaxJournalReserveBytes more); other errors: the file system's. After an error
  // nothing more is taken, except after ResultLimit.
  Status Append(const Record& record);

 private:
  Journal(UniqueFd fd, size_t size) : fd_(std::move(fd)), size_(size) {}

  std::mutex mutex_;
  UniqueFd fd_;
  size_t size_;
  Status broken_;
};

}  // namespace kubediag::diagnosis
