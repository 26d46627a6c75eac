// The last line of a run: what came of it and what to do next. Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/objects.h"

namespace kubediag::cli {

// A page that an operation serves, as its result says it ("Visit URL, this server will expire in N
// seconds.", KubeDiag's sentence).
struct ServedPage {
  std::string url;
  std::optional<std::chrono::seconds> expires;
};
std::vector<ServedPage> ServedPages(const api::DiagnosisStatus& status);

// "Succeeded by its second path (1 -> 3) in 0.41 s. Visit http://… (expires in 2 h). Ctrl-C ends
// it." `serving`: the pages will be there after this line.
std::string RunSentence(const api::Diagnosis& diagnosis, std::chrono::nanoseconds took,
                        bool serving);

}  // namespace kubediag::cli
