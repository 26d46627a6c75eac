// Reasons: the one-word causes that end in status.operations and conditions, besides those of
// KubeDiag (api/conditions.h), of the runner (operation/runner.h) and of the operations themselves.
#pragma once

#include <string_view>

namespace kubediag::diagnosis {

inline constexpr char kReasonAlreadyRunning[] = "AlreadyRunning";  // another process runs it
inline constexpr char kReasonConflict[] = "Conflict";              // the object changed meanwhile
inline constexpr char kReasonTakenAway[] = "TakenAway";            // ended or claimed by another
inline constexpr char kReasonAllPathsFailed[] = "AllPathsFailed";  // for different reasons
inline constexpr char kReasonArtifactMissing[] = "ArtifactMissing";
inline constexpr char kReasonCancelled[] = "Cancelled";
inline constexpr char kReasonDeadlineExceeded[] = "DeadlineExceeded";  // spec.timeoutSeconds
inline constexpr char kReasonInterrupted[] = "Interrupted";  // the engine ended while it ran
inline constexpr char kReasonInvalidParameter[] = "InvalidParameter";
inline constexpr char kReasonJournalUnavailable[] = "JournalUnavailable";
inline constexpr char kReasonMissingParameter[] = "MissingParameter";
inline constexpr char kReasonOperationNotAvailable[] = "OperationNotAvailable";  // no such module
inline constexpr char kReasonRunLimit[] = "RunLimit";
inline constexpr char kReasonSecretIncomplete[] = "SecretIncomplete";
inline constexpr char kReasonSecretNotFound[] = "SecretNotFound";
inline constexpr char kReasonSecretNotPermitted[] = "SecretNotPermitted";
inline constexpr char kReasonStoreUnavailable[] = "StoreUnavailable";  // may pass
inline constexpr char kReasonSucceeded[] = "Succeeded";
inline constexpr char kReasonSuspended[] = "Suspended";
inline constexpr char kReasonViewerLimit[] = "ViewerLimit";
inline constexpr char kReasonViewerPort[] = "ViewerPortUnavailable";

// An operation that ended for one of these did not fail by itself.
inline bool IsStopReason(std::string_view reason) {
  return reason == kReasonCancelled || reason == kReasonSuspended ||
         reason == kReasonDeadlineExceeded;
}

// Of condition Serving.
inline constexpr char kReasonServing[] = "Serving";
inline constexpr char kReasonNotServed[] = "NotServed";
inline constexpr char kReasonExpired[] = "Expired";
inline constexpr char kReasonExitedEarly[] = "ExitedEarly";
inline constexpr char kReasonRestoreFailed[] = "RestoreFailed";

}  // namespace kubediag::diagnosis
