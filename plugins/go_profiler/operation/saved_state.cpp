#include "plugins/go_profiler/operation/saved_state.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "plugins/fetch/records.h"

namespace kubediag::go_profiler {
namespace {

struct TextField {
  std::string_view name;
  std::string SavedState::*member;
};

constexpr TextField kTextFields[] = {
    {"file_name", &SavedState::file_name},
    {"source", &SavedState::source},
    {"node", &SavedState::node},
    {"diagnosis", &SavedState::diagnosis},
    {"profile_type", &SavedState::profile_type},
};
constexpr std::string_view kExpiry = "expiry";

Status Set(SavedState& state, fetch::Record& record) {
  if (record.name == kExpiry) {
    KUBEDIAG_ASSIGN_OR_RETURN(
        const uint64_t seconds,
        fetch::ParseNumber(record.name, record.value, std::numeric_limits<uint32_t>::max() * 4ULL));
    state.expiry =
        std::chrono::system_clock::time_point(std::chrono::seconds(static_cast<int64_t>(seconds)));
    return Status::Ok();
  }
  for (const TextField& field : kTextFields) {
    if (field.name == record.name) state.*field.member = std::move(record.value);
  }
  return Status::Ok();  // what a later version adds is none of our business
}

}  // namespace

std::string EncodeState(const SavedState& state) {
  const auto expiry =
      std::chrono::duration_cast<std::chrono::seconds>(state.expiry.time_since_epoch());
  std::string bytes;
  fetch::AppendRecord(bytes, kExpiry, std::to_string(expiry.count()));
  for (const TextField& field : kTextFields) {
    fetch::AppendRecord(bytes, field.name, state.*field.member);
  }
  fetch::AppendEnd(bytes);
  return bytes;
}

Result<SavedState> DecodeState(std::string_view bytes) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::vector<fetch::Record> records, fetch::ParseRecords(bytes));
  SavedState state;
  for (fetch::Record& record : records) KUBEDIAG_RETURN_IF_ERROR(Set(state, record));
  if (state.file_name.empty()) return Status::InvalidArgument("the state names no file");
  return state;
}

}  // namespace kubediag::go_profiler
