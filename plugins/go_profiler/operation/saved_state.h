// What a run leaves behind so that its page can be served again after the engine has restarted.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::go_profiler {

struct SavedState {
  std::chrono::system_clock::time_point expiry;  // whole seconds
  std::string file_name;                         // in the artifact folder
  // Texts of the page.
  std::string source;
  std::string node;
  std::string diagnosis;
  std::string profile_type;
};

std::string EncodeState(const SavedState& state);
Result<SavedState> DecodeState(std::string_view bytes);

}  // namespace kubediag::go_profiler
