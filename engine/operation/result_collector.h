// ResultCollector: the results of one run under the caps of core/limits.h. The operation's side of
// the process boundary and the engine's use the same, the engine because it trusts nothing.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"
#include "engine/operation/runner.h"

namespace kubediag::operation {

class ResultCollector {
 public:
  // A later value of a key replaces the earlier one. ResourceExhausted (reason ResultLimit): a cap;
  // InvalidArgument (reason InvalidResult): key or value is malformed. Then nothing is added.
  Status Add(std::string_view key, std::string value);
  // The same rules; an artifact of a key replaces the earlier one.
  Status AddArtifact(std::string_view key, std::string_view path);

  // Moves everything collected into `outcome`.
  void MoveTo(RunOutcome& outcome);

 private:
  Status CheckKey(std::string_view key, bool is_new) const;

  std::map<std::string, std::string, std::less<>> results_;
  std::map<std::string, std::string, std::less<>> artifacts_;
  size_t bytes_ = 0;  // of all keys and values
};

}  // namespace kubediag::operation
