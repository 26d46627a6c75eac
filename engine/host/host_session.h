// HostSession: the operation host's side of the conversation, after it has confined itself: loads
// the module, then answers one request, a description or a job.
#pragma once

#include <sys/types.h>

#include <stop_token>
#include <string>

#include "engine/core/unique_fd.h"
#include "engine/host/channel.h"
#include "engine/operation/cancel_timer.h"
#include "engine/operation/module_loader.h"
#include "engine/operation/run_context.h"
#include "engine/process/orphan_reaper.h"

namespace kubediag::host {

// Exit statuses of the host; the engine checks that they agree with the messages.
enum HostExit : int {
  kExitEnd = 0,
  kExitUsage = 2,
  kExitFail = 3,
  kExitRefused = 4,
  kExitChannelLost = 5,
};

class HostSession final : private operation::RunSink {
 public:
  HostSession(UniqueFd channel, pid_t engine);
  ~HostSession() override = default;

  // Tells the engine that the host cannot begin.
  int Refuse(const Status& status);
  // The exit status. Does not return if the engine goes away: then everything below us is killed.
  int Serve(UniqueFd module, const std::string& shown_name);

 private:
  struct Request {
    Message message;
    std::vector<UniqueFd> descriptors;
  };

  Result<Request> Receive();
  int Run(const operation::LoadedModule& module, Request request);
  Status Answer(const operation::RunOutcome& outcome);
  Status SendResults(const operation::RunOutcome& outcome);
  // Kills all of us if the engine goes away before `over`, with which `wake` becomes readable.
  void WatchEngine(const std::stop_token& over, int wake);

  void OnLog(LogLevel level, std::string_view message) override;
  Status OnServing(operation::RunOutcome outcome) override;

  Channel channel_;
  MessageReader reader_{MessageReader::Peer::kEngine};
  const pid_t engine_;
  operation::CancelTimer cancel_;
  process::OrphanReaper descendants_;
};

}  // namespace kubediag::host
