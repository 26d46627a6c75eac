// Journals: damaged files, and records past their checksums. What is read must be what was written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/diagnosis/journal.h"
#include "engine/diagnosis/recovery.h"

using kubediag::diagnosis::DecodeRecord;
using kubediag::diagnosis::EncodeRecord;
using kubediag::diagnosis::ParseJournal;
using kubediag::diagnosis::Recover;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto contents = ParseJournal(bytes); contents.ok()) {
    if (contents->sound_bytes > size) std::abort();
    if (const auto recovery = Recover(*contents); recovery.ok()) {
      for (const auto& started : recovery->interrupted) (void)recovery->MayRepeat(started.node);
    }
  }
  // The checksums keep damage from the decoder; here it gets some.
  if (const auto record = DecodeRecord(bytes); record.ok()) {
    const auto again = DecodeRecord(EncodeRecord(*record));
    if (!again.ok() || *again != *record) std::abort();
  }
  return 0;
}
