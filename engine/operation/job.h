// A job: everything one run of one operation is given, kept apart by origin so that none can pass
// for another.
//
// Plain values. Descriptors are borrowed: whoever makes the job keeps them open until the run has
// ended.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/deadline.h"

namespace kubediag::operation {

struct SecretValue {
  std::string name_parameter;  // the declaration it answers
  std::string data_key;
  std::string value;  // bytes; never logged, never in results
};

struct Job {
  std::string operation;
  std::map<std::string, std::string> parameters;  // defaults of the declaration filled in
  std::vector<std::pair<std::string, std::string>>
      settings;  // of the Operation's processor; lists repeat their key
  std::vector<std::pair<std::string, std::string>>
      policy;  // of the administrator; lists repeat their key
  std::vector<SecretValue> secrets;
  Deadline deadline = Deadline::Never();
  int artifact_directory = -1;    // the run's own folder, borrowed
  std::string artifact_path;      // the same folder as people see it
  int listen_socket = -1;         // bound and listening, borrowed
  std::string base_url;           // of listen_socket, with the capability, ends in '/'
  std::string libexec_directory;  // the engine's helper programs
  bool restore = false;           // run restore() with `state` instead of run()
  std::string state;
};

// Keys of Job::policy, shared by the engine that fills them and the modules that read them.
inline constexpr char kPolicyAllowSourceCidr[] = "fetch.allow_source_cidr";  // repeated
inline constexpr char kPolicyViewerHost[] = "viewer.host";                   // repeated

}  // namespace kubediag::operation
