// The words that users and programs read and write: parameters, results, reasons. The first five
// parameters and the endpoint are KubeDiag 0.2's, the rest is ours.
#pragma once

namespace kubediag::go_profiler {

inline constexpr char kOperationName[] = "go-profiler";
inline constexpr char kArtifactFolder[] = "profilers/go/pprof";

inline constexpr char kExpirationKey[] = "param.diagnoser.runtime.go_profiler.expiration_seconds";
inline constexpr char kTypeKey[] = "param.diagnoser.runtime.go_profiler.type";
inline constexpr char kSourceKey[] = "param.diagnoser.runtime.go_profiler.source";
inline constexpr char kSecretNamespaceKey[] =
    "param.diagnoser.runtime.go_profiler.tls.secret_reference.namespace";
inline constexpr char kSecretNameKey[] =
    "param.diagnoser.runtime.go_profiler.tls.secret_reference.name";
inline constexpr char kSecondsKey[] = "param.diagnoser.runtime.go_profiler.seconds";

inline constexpr char kEndpointKey[] = "diagnoser.runtime.go_profiler.result.endpoint";
inline constexpr char kFileKey[] = "diagnoser.runtime.go_profiler.result.file";
inline constexpr char kSizeKey[] = "diagnoser.runtime.go_profiler.result.size";
inline constexpr char kSha256Key[] = "diagnoser.runtime.go_profiler.result.sha256";
inline constexpr char kSampleTypeKey[] = "diagnoser.runtime.go_profiler.result.sample_type";
inline constexpr char kTotalKey[] = "diagnoser.runtime.go_profiler.result.total";
inline constexpr char kTopKey[] = "diagnoser.runtime.go_profiler.result.top";
// The engine shows a result whose key ends so as the operation's own sentence.
inline constexpr char kSummaryKey[] = "diagnoser.runtime.go_profiler.result.summary";

inline constexpr char kTokenDataKey[] = "token";
inline constexpr char kCaDataKey[] = "ca.crt";

// Policy, as the engine names it.
inline constexpr char kPolicyAllowSourceCidr[] = "fetch.allow_source_cidr";
inline constexpr char kPolicyViewerHost[] = "viewer.host";

// Reasons beside those of a fetch.
inline constexpr char kReasonMissingParameter[] = "MissingParameter";
inline constexpr char kReasonInvalidParameter[] = "InvalidParameter";
inline constexpr char kReasonNotAProfile[] = "NotAProfile";
inline constexpr char kReasonProfilingDisabled[] = "ProfilingDisabled";
inline constexpr char kReasonViewerFailed[] = "ViewerFailed";
inline constexpr char kReasonStateInvalid[] = "StateInvalid";

}  // namespace kubediag::go_profiler
