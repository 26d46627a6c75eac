// Verdict: what a run came to, from everything the engine has seen of it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "engine/host/conversation.h"
#include "engine/operation/runner.h"
#include "engine/process/child.h"

namespace kubediag::host {

// Why the engine ended a run.
enum class EndCause {
  kNone,       // it ended by itself
  kStopped,    // somebody asked
  kDeadline,   // its time was over
  kViolation,  // it broke the protocol or a cap
  kSilence,    // it closed the protocol, or did not end after its answer
};

struct RunEvidence {
  EndCause cause = EndCause::kNone;
  process::Exit exit;
  pid_t left_alive = -1;         // it could not be ended, and `exit` says nothing
  bool killed = false;           // by our KILL
  bool deadline_passed = false;  // when it ended
  std::string output_tail;       // of its standard output and error
};

// The outcome of a run that has ended. Exit status and answer must agree.
operation::RunOutcome Judge(Conversation& conversation, const RunEvidence& evidence);

}  // namespace kubediag::host
