// Results of operations: kept whole in memory for later operations, the large ones also in files.
//
// A ResultMap is a value whose entries are shared: copying and overlaying is cheap. Entries are
// immutable but for `artifact`, which only the thread that writes the status sets.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/diagnosis/journal_record.h"

namespace kubediag::diagnosis {

struct ResultEntry {
  std::string value;
  std::string sha256;
  std::string folder;                     // of its run, within the ResultFolder
  std::optional<api::Artifact> artifact;  // where it is saved, if it is
};
using ResultMap = std::map<std::string, std::shared_ptr<ResultEntry>>;

// Later keys win (KubeDiag 0.2).
void Overlay(ResultMap& onto, const ResultMap& later);

// Equal digests mean equal maps; `base` stands for everything in the map that is no result.
std::string MapDigest(std::string_view base, const ResultMap& results);

// The sentence for people: the value of the first key that ends in kSummaryKeySuffix, one line.
std::string SummaryOf(const ResultMap& results);

// Where values too large for a status are saved: runs/<uid>/results/<stamp>/<run>/<key> under the
// data root. Thread-safe.
class ResultFolder {
 public:
  // `data_root` is borrowed. Nothing is made before something is saved.
  ResultFolder(int data_root, std::string relative_path)
      : data_root_(data_root), relative_path_(std::move(relative_path)) {}

  // Saves and syncs the entries, all of one run; sets their `artifact`.
  Status Save(const std::map<std::string, ResultEntry*>& entries) const;

 private:
  int data_root_;
  std::string relative_path_;
};

// Takes what a run emitted. Values beyond kMaxStatusValueBytes are saved. InvalidArgument for a key
// that no operation may use, ResourceExhausted "ResultLimit" beyond the caps.
Result<ResultMap> TakeResults(std::map<std::string, std::string> emitted, const std::string& run,
                              const ResultFolder& folder);

std::map<std::string, RecordedValue> ToRecord(const ResultMap& results);
// DataLoss if a saved value is gone or has changed.
Result<ResultMap> FromRecord(const std::map<std::string, RecordedValue>& recorded,
                             const std::string& run, int data_root);

// Fills operation_results with what fits, smallest first, so that as many as possible can be read
// there: kMaxStatusValueBytes each, kMaxStatusResultBytes in all, keys counted. The others are
// saved if they were not, and appended to `artifacts`.
Status PutResults(const ResultMap& results, const ResultFolder& folder,
                  api::DiagnosisStatus& status);

}  // namespace kubediag::diagnosis
