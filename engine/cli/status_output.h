// Diagnoses on standard output, in the form the user asked for. Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "engine/api/objects.h"
#include "engine/cli/common_options.h"

namespace kubediag::cli {

class StatusOutput {
 public:
  explicit StatusOutput(OutputFormat format) : format_(format) {}

  // One object, or a List of several. False: standard output takes no more.
  bool PrintAll(std::span<const api::Diagnosis> diagnoses);
  // One more of a series that has no known end: a YAML document, a JSON document, or a row.
  bool PrintNext(const api::Diagnosis& diagnosis);

 private:
  OutputFormat format_;
  bool first_ = true;
};

}  // namespace kubediag::cli
