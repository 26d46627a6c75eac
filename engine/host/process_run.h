// ProcessRun: one run in an operation host. A thread of its own, from Start() to the end, reads
// what the host says, enforces the deadline and reaps; everybody else waits for it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/logging.h"
#include "engine/host/channel.h"
#include "engine/host/conversation.h"
#include "engine/host/host_process.h"
#include "engine/host/lent_folder.h"
#include "engine/host/log_relay.h"
#include "engine/host/verdict.h"
#include "engine/operation/runner.h"
#include "engine/process/orphan_reaper.h"
#include "engine/process/stop_event.h"

namespace kubediag::host {

class ProcessRun final : public operation::OperationRun {
 public:
  // `orphans` may be null; it and `logger` must outlive the run. `user`: whom the process runs as,
  // if not as us; the job's artifact folder is his until it has ended.
  ProcessRun(HostProcess process, std::string module_path, std::optional<OperationUser> user,
             process::OrphanReaper* orphans, Logger& logger);
  ~ProcessRun() override;

  Status Start(operation::Job job) override;
  operation::RunOutcome Wait(std::stop_token stop) override;
  bool WaitServing(Deadline until, std::stop_token stop) override;
  void Stop() override;

  // Instead of Start() and Wait(): asks for the module's descriptor.
  Result<operation::ModuleDescriptor> Describe(Deadline deadline);

 private:
  // What the pump's thread alone touches.
  struct Ending {
    EndCause cause = EndCause::kNone;
    bool killed = false;
    Deadline kill_at = Deadline::Never();
    Deadline give_up_at = Deadline::Never();  // set once it may not be killed
  };

  // The job on its way to the host. What it borrows is kept beside it.
  struct Sending {
    std::string body;
    std::vector<UniqueFd> descriptors;
    std::optional<Channel::Outgoing> message;
  };

  Status Begin(Deadline deadline, std::unique_ptr<Sending> sending, std::optional<LentFolder> lent);
  void Pump();
  void SendOn();
  bool WaitForEvents(const Ending& ending);
  void ReadLog();
  void ReadChannel(bool to_the_end);
  void CheckEnding(Ending& ending);
  void End(Ending& ending, EndCause cause, bool gently);
  void Kill(Ending& ending);
  void KillUnbegun();
  void HangUp();
  void PublishServing();
  void Conclude(Ending ending);

  const std::string module_path_;
  const std::optional<OperationUser> user_;
  Logger& logger_;
  process::OrphanReaper* const orphans_;
  LogRelay relay_;
  Conversation conversation_;
  process::Child child_;
  Channel channel_;
  UniqueFd log_;
  bool channel_closed_ = false;
  std::unique_ptr<Sending> sending_;  // the pump's, once that runs; null: all is sent
  Deadline deadline_ = Deadline::Never();
  Deadline silence_ = Deadline::Never();
  process::StopEvent stop_;
  UniqueFd folder_;                 // the job's artifact folder, with the locks of its opener
  std::optional<LentFolder> lent_;  // the pump's, once that runs; likewise folder_

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool begun_ = false;
  bool ended_ = false;
  std::optional<operation::RunOutcome> outcome_;
  std::optional<operation::ModuleDescriptor> descriptor_;
  std::thread pump_;
};

}  // namespace kubediag::host
