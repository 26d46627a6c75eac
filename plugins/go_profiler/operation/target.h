// Target: what a job's parameters ask for, checked. A plain value; views live as long as the job.
#pragma once

#include <kubediag/job.h>

#include <chrono>
#include <optional>
#include <string>

#include "plugins/go_profiler/operation/profile_type.h"

namespace kubediag::go_profiler {

// KubeDiag 0.2's sentences, its misspelling too, which people search for; the first names our
// types.
inline constexpr char kTypeViolation[] =
    "Go profiler type must be Profile, Heap, Goroutine, Allocs, Block, Mutex or Threadcreate.";
inline constexpr char kSourceViolation[] = "Must specify go profiler source.";
inline constexpr char kSecretViolation[] = "Must specify secretReference name when souce is https.";

struct Target {
  std::chrono::seconds expiration{0};
  const ProfileType* type = nullptr;
  std::string source;  // without slashes at its end
  bool https = false;
  std::optional<std::chrono::seconds> seconds;  // length of the recording
  std::string diagnosis_namespace;
  std::string diagnosis_name;
  std::string node;

  std::string Url() const;
  // "<namespace>.<name>.<Type>.prof", cut to what a file name may hold.
  std::string FileName() const;
};

// Throws Failure MissingParameter or InvalidParameter. Kinds and ranges are the declaration's: the
// engine has checked them, in KubeDiag 0.2's order.
Target ReadTarget(const Job& job);

}  // namespace kubediag::go_profiler
