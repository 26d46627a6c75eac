// A profile in short texts, so that `kubectl get -o yaml` alone already tells something.
#pragma once

#include <string>

#include "plugins/go_profiler/operation/profile_type.h"
#include "plugins/go_profiler/profile/profile.h"

namespace kubediag::go_profiler {

struct Summary {
  std::string sample_type;  // "inuse_space": the one a viewer shows first
  std::string total;        // "115.73MB"
  std::string hottest;      // the first of top
  std::string top;  // "encoding/json.Marshal 5.77MB 4.99%, …": by own cost, the hottest first
};

// The profile has at least one sample type.
Summary Summarize(const profile::Profile& profile);

// Says so if `profile` is of another type than was asked for; else empty.
std::string TypeMismatch(const ProfileType& asked, const profile::Profile& profile);

}  // namespace kubediag::go_profiler
