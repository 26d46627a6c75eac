// go-profiler's words, as plugins/go_profiler/operation/keys.h has them: the command line of the
// engine gives its commonest operation options of its own.
#pragma once

namespace kubediag::cli {

inline constexpr char kProfileExpirationKey[] =
    "param.diagnoser.runtime.go_profiler.expiration_seconds";
inline constexpr char kProfileTypeKey[] = "param.diagnoser.runtime.go_profiler.type";
inline constexpr char kProfileSourceKey[] = "param.diagnoser.runtime.go_profiler.source";
inline constexpr char kProfileSecondsKey[] = "param.diagnoser.runtime.go_profiler.seconds";
inline constexpr char kProfileSecretNamespaceKey[] =
    "param.diagnoser.runtime.go_profiler.tls.secret_reference.namespace";
inline constexpr char kProfileSecretNameKey[] =
    "param.diagnoser.runtime.go_profiler.tls.secret_reference.name";

inline constexpr char kProfileFileKey[] = "diagnoser.runtime.go_profiler.result.file";
inline constexpr char kProfileSha256Key[] = "diagnoser.runtime.go_profiler.result.sha256";

// Below its page.
inline constexpr char kProfileDownload[] = "profile.pb.gz";

}  // namespace kubediag::cli
