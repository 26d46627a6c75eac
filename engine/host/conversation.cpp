#include "engine/host/conversation.h"

#include <string>
#include <utility>

#include "engine/core/limits.h"
#include "engine/host/messages.h"
#include "engine/operation/text.h"

namespace kubediag::host {
namespace {

using operation::RunOutcome;

// A Status in the host's words, made fit to be shown.
Status Cleaned(const Status& status) {
  return {status.code(), operation::IsReason(status.reason()) ? status.reason() : "OperationFailed",
          operation::ToReadableText(status.message(), kMaxMessageBytes)};
}

}  // namespace

Status Conversation::Feed(std::string_view bytes) {
  if (!violation_.ok()) return violation_;
  violation_ = reader_.Feed(bytes, [this](const Message& message) { return Handle(message); });
  return violation_;
}

std::optional<RunOutcome> Conversation::TakeServing() { return std::exchange(serving_, {}); }

RunOutcome Conversation::TakeOutcome() { return std::move(outcome_); }

Status Conversation::Unexpected(MessageType type) const {
  return {StatusCode::kDataLoss, "ProtocolError",
          "message of type " + std::to_string(static_cast<int>(type)) + " out of turn"};
}

Status Conversation::Handle(const Message& message) {
  if (message.type == MessageType::kRefused && state_ <= State::kGreeted) {
    KUBEDIAG_ASSIGN_OR_RETURN(StatusMessage refused, DecodeStatus(message.body));
    refusal_ = Cleaned(refused.value);
    state_ = State::kAnswered;
    outcome_.status = refusal_;
    return {};
  }
  switch (state_) {
    case State::kNew:
      if (message.type != MessageType::kHello) return Unexpected(message.type);
      state_ = State::kGreeted;
      return CheckHello(message.body);
    case State::kGreeted:
      if (message.type != MessageType::kLoaded) return Unexpected(message.type);
      state_ = State::kLoaded;
      return {};
    case State::kLoaded:
    case State::kServing:
      return HandleLoaded(message);
    case State::kAnswered:
      return Unexpected(message.type);
  }
  return Unexpected(message.type);
}

Status Conversation::HandleLoaded(const Message& message) {
  switch (message.type) {
    case MessageType::kLog: {
      KUBEDIAG_ASSIGN_OR_RETURN(LogMessage line, DecodeLog(message.body));
      on_log_(line.level, line.text);
      return {};
    }
    case MessageType::kFail: {
      KUBEDIAG_ASSIGN_OR_RETURN(StatusMessage failure, DecodeStatus(message.body));
      outcome_.status = Cleaned(failure.value);
      state_ = State::kAnswered;
      return {};
    }
    case MessageType::kEnd:
      if (state_ == State::kLoaded) collector_.MoveTo(outcome_);
      state_ = State::kAnswered;
      return {};
    default:
      break;
  }
  if (state_ == State::kServing) return Unexpected(message.type);
  switch (message.type) {
    case MessageType::kDescriptor: {
      KUBEDIAG_ASSIGN_OR_RETURN(descriptor_, DecodeDescriptor(message.body));
      state_ = State::kAnswered;
      return {};
    }
    case MessageType::kResult: {
      KUBEDIAG_ASSIGN_OR_RETURN(PairMessage result, DecodePair(message.body));
      return collector_.Add(result.key, std::move(result.value));
    }
    case MessageType::kArtifact: {
      KUBEDIAG_ASSIGN_OR_RETURN(PairMessage artifact, DecodePair(message.body));
      return collector_.AddArtifact(artifact.key, artifact.value);
    }
    case MessageType::kServing:
      return HandleServing(message.body);
    default:
      return Unexpected(message.type);
  }
}

Status Conversation::HandleServing(std::string_view body) {
  KUBEDIAG_ASSIGN_OR_RETURN(ServingMessage serving, DecodeServing(body));
  RunOutcome outcome;
  collector_.MoveTo(outcome);
  outcome.serving = true;
  outcome.linger = serving.linger;
  outcome.state = std::move(serving.state);
  serving_ = std::move(outcome);
  state_ = State::kServing;
  was_serving_ = true;
  return {};
}

}  // namespace kubediag::host
