// What a user of the demonstration server applies: the Secret that holds its token and CA.
#pragma once

#include <string>

#include "engine/core/status.h"

namespace kubediag::demo {

struct Credentials {
  std::string token;
  std::string ca_pem;
};

// The Secret kubediag/apiserver-profiler-sa-token as YAML, labelled so that Diagnoses of any
// namespace may name it.
std::string SecretManifest(const Credentials& credentials);

// Writes apiserver-profiler-sa-token.yaml, token and ca.crt into `folder`, which is made if needed;
// each whole or not at all, readable by this user only.
Status WriteCredentials(const std::string& folder, const Credentials& credentials);

}  // namespace kubediag::demo
