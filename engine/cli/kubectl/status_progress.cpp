#include "engine/cli/kubectl/status_progress.h"

#include <algorithm>

#include "engine/api/conditions.h"
#include "engine/api/object.h"
#include "engine/cli/run_sentence.h"
#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

diagnosis::OperationProgress ProgressOf(const api::OperationOutcome& outcome) {
  diagnosis::OperationProgress progress;
  progress.id = outcome.id;
  progress.operation = outcome.operation;
  progress.attempt = outcome.attempts;
  progress.phase = outcome.phase;
  progress.reason = outcome.reason;
  progress.text = outcome.message;
  if (outcome.start_time && outcome.completion_time) {
    progress.duration = *outcome.completion_time - *outcome.start_time;
  }
  return progress;
}

std::string Place(const api::Diagnosis& diagnosis) {
  return diagnosis.spec.node_name.empty() ? "" : " on " + diagnosis.spec.node_name;
}

// A success' message is often that of the operation whose line is the one before.
bool IsToldByAnOperation(const api::Diagnosis& diagnosis, const std::string& message) {
  const auto& outcomes = diagnosis.status.operations;
  return diagnosis.status.phase == api::Phase::kSucceeded &&
         std::any_of(outcomes.begin(), outcomes.end(), [&](const api::OperationOutcome& outcome) {
           return Printable(outcome.message).starts_with(message);
         });
}

}  // namespace

bool HasEnded(const api::Diagnosis& diagnosis) {
  return diagnosis.status.phase == api::Phase::kSucceeded ||
         diagnosis.status.phase == api::Phase::kFailed;
}

std::string EndSentence(const api::Diagnosis& diagnosis) {
  std::string message = Printable(diagnosis.status.message);
  while (message.ends_with('.')) message.pop_back();
  std::string text(api::PhaseName(diagnosis.status.phase));
  if (!message.empty() && !IsToldByAnOperation(diagnosis, message)) text += ": " + message;
  text += ".";
  if (diagnosis.status.phase != api::Phase::kSucceeded) return text;
  if (ServedPages(diagnosis.status).empty()) return text;
  return text + " Its page: kubectl kubediag open " + NameForCommands(diagnosis);
}

std::string NameForCommands(const api::Diagnosis& diagnosis) {
  return diagnosis.metadata.name + " -n " + diagnosis.metadata.namespace_name;
}

std::string WaitSentence(const api::Diagnosis& diagnosis) {
  if (diagnosis.spec.suspend) return "it is suspended (spec.suspend)";
  const api::Condition* const queued =
      api::FindCondition(diagnosis.status.conditions, api::kConditionQueued);
  const bool waits = queued != nullptr && queued->status == api::kConditionTrue;
  return waits ? Printable(queued->message) : "";
}

StatusProgress::StatusProgress(ProgressView& view, const api::Diagnosis& diagnosis)
    : view_(view),
      name_(diagnosis.metadata.namespace_name + "/" + diagnosis.metadata.name),
      block_(view.Begin(diagnosis.spec.operation_set + "  " + name_ + Place(diagnosis), 0, 0)) {}

void StatusProgress::SayOnce(const std::string& line) {
  if (line.empty() || line == said_) return;
  said_ = line;
  view_.Say("  " + line);
}

void StatusProgress::Show(const api::Diagnosis& diagnosis) {
  SayOnce(WaitSentence(diagnosis));
  for (const api::OperationOutcome& outcome : diagnosis.status.operations) {
    api::OperationOutcome& known = known_[outcome.id];
    if (known.phase == outcome.phase && known.attempts == outcome.attempts) continue;
    known = outcome;
    if (outcome.phase == "Running") {
      block_->OnOperationStarted(ProgressOf(outcome));
    } else {
      block_->OnOperationFinished(ProgressOf(outcome));
    }
  }
}

void StatusProgress::Finish(const api::Diagnosis& diagnosis) {
  Show(diagnosis);
  block_->Finish(EndSentence(diagnosis), diagnosis.status.phase == api::Phase::kSucceeded);
}

}  // namespace kubediag::cli
