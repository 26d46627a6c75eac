#include "plugins/go_profiler/operation/declaration.h"

#include <string>

#include "plugins/go_profiler/operation/keys.h"
#include "plugins/go_profiler/operation/limits.h"
#include "plugins/go_profiler/operation/profile_type.h"
#include "plugins/go_profiler/operation/target.h"

namespace kubediag::go_profiler {

// Parameters in the order in which KubeDiag 0.2 checks them: the first that is wrong is reported.
Declaration MakeDeclaration() {
  return Declaration(kOperationName)
      .Version("1.0")
      .Doc("Downloads a pprof profile of a Go program and serves it as an expiring page.")
      .Timeout(kDefaultTimeout)
      .ArtifactFolder(kArtifactFolder)
      .Add(Parameter::Integer(kExpirationKey)
               .Default(std::to_string(kDefaultExpirationSeconds))
               .Maximum(kMaxExpirationSeconds)
               .Doc("How long the page is served, in seconds; 0 or less means the default."))
      .Add(Parameter::Choice(kTypeKey, ProfileTypeNames())
               .Required()
               .Doc("What to record.")
               .Violation(kTypeViolation))
      .Add(Parameter::Url(kSourceKey)
               .Base()
               .Required()
               .Doc("Base URL of the program, such as https://10.0.2.15:6443.")
               .Violation(kSourceViolation))
      .Add(Parameter::Text(kSecretNamespaceKey)
               .Default("default")
               .Doc("Namespace of the Secret with the bearer token and the CA certificate."))
      .Add(
          Parameter::Text(kSecretNameKey).Doc("Name of that Secret; required for an https source."))
      .Add(Parameter::Integer(kSecondsKey)
               .Minimum(1)
               .Maximum(kMaxSeconds)
               .Doc("Length of the recording: of a Profile (default 30), or of the difference "
                    "between two snapshots of any other type."))
      .Add(Secret{.namespace_parameter = kSecretNamespaceKey,
                  .name_parameter = kSecretNameKey,
                  .data_keys = {kTokenDataKey, kCaDataKey},
                  .https_parameter = kSourceKey,
                  .violation = kSecretViolation})
      .Network()
      .Spawns()
      .ServesHttp()
      .Repeatable();
}

}  // namespace kubediag::go_profiler
