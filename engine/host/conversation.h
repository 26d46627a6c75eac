// Conversation: what the host may say, and when, as the engine sees it. Knows messages, not
// descriptors: it is fed bytes and remembers what they amount to.
//
// Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engine/core/logging.h"
#include "engine/host/frame.h"
#include "engine/operation/descriptor.h"
#include "engine/operation/result_collector.h"
#include "engine/operation/runner.h"

namespace kubediag::host {

class Conversation {
 public:
  using OnLog = std::function<void(LogLevel, std::string_view)>;
  explicit Conversation(OnLog on_log) : on_log_(std::move(on_log)) {}

  // Not ok (ProtocolError, ResultLimit, InvalidResult): the host does not keep to the rules; the
  // same again from then on.
  Status Feed(std::string_view bytes);

  const Status& violation() const { return violation_; }
  // The host refused the module; ok if it did not.
  const Status& refusal() const { return refusal_; }
  const std::optional<operation::ModuleDescriptor>& descriptor() const { return descriptor_; }
  // What a serving run came to; taken once.
  std::optional<operation::RunOutcome> TakeServing();
  bool served() const { return state_ == State::kServing || was_serving_; }
  // The final answer: an End or a Fail.
  bool answered() const { return state_ == State::kAnswered; }
  // Of an answered conversation, once.
  operation::RunOutcome TakeOutcome();

 private:
  enum class State { kNew, kGreeted, kLoaded, kServing, kAnswered };

  Status Handle(const Message& message);
  Status HandleLoaded(const Message& message);
  Status HandleServing(std::string_view body);
  Status Unexpected(MessageType type) const;

  OnLog on_log_;
  MessageReader reader_{MessageReader::Peer::kHost};
  State state_ = State::kNew;
  bool was_serving_ = false;
  Status violation_;
  Status refusal_;
  std::optional<operation::ModuleDescriptor> descriptor_;
  operation::ResultCollector collector_;
  std::optional<operation::RunOutcome> serving_;
  operation::RunOutcome outcome_;
};

}  // namespace kubediag::host
