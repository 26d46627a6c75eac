// Which finished Diagnoses are to be deleted. Pure functions.
//
// Age is since the end, by the wall clock: the end was written by another machine, and outlives
// this process. What must not be deleted too young is seen old enough by our own clock, too.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/api/objects.h"
#include "engine/core/limits.h"
#include "engine/kube/clock.h"

namespace kubediag::controller {

// KubeDiag 0.2's names and defaults, but for the bytes.
struct CollectionRules {
  std::chrono::seconds ttl = std::chrono::hours(240);
  std::chrono::seconds minimum_age = std::chrono::minutes(30);  // nothing younger is deleted
  size_t most_per_node = 20;
  size_t most_status_bytes = 128 * kMiB;  // of all of them together
};

// A finished Diagnosis.
struct Finished {
  std::string node_name;  // empty: never had one, and counts for none
  api::Time ended;
  size_t status_bytes = 0;
  bool serves = false;  // its pages may be looked at
  // For how long this process has seen it ended, by its own clock: the wall's may have jumped.
  kube::Clock::Duration seen = kube::Clock::Duration::max();
};

struct Collected {
  size_t index = 0;        // of the Finished
  const char* cause = "";  // "ttl", "count", "bytes"
};

// Oldest first. Those that are too young or serve stay, and count for the others' limits.
std::vector<Collected> ChooseCollected(std::span<const Finished> finished,
                                       const CollectionRules& rules, api::Time now);

// When it ended, as far as it says so: completionTime, startTime, creationTimestamp.
api::Time EndOf(const api::Diagnosis& diagnosis);

// Whether pages may still be served, as far as its status tells: until it says otherwise, but never
// longer than any page lives.
bool MayServe(const api::DiagnosisStatus& status, api::Time now);

// What its status takes as JSON, roughly.
size_t ApproximateBytes(const api::DiagnosisStatus& status);

// Between looks: a quarter of the shortest time that counts, at least 1 s, at most
// kCollectionInterval.
kube::Clock::Duration CollectionInterval(const CollectionRules& rules);

}  // namespace kubediag::controller
