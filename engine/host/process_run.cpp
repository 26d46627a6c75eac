#include "engine/host/process_run.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/host/messages.h"
#include "engine/operation/run_verdict.h"
#include "engine/operation/text.h"

namespace kubediag::host {
namespace {

using operation::ModuleDescriptor;
using operation::RunOutcome;

constexpr size_t kReadBytesPerTurn = 512 * kKiB;
constexpr int kLogReadsPerTurn = 4;

}  // namespace

ProcessRun::ProcessRun(HostProcess process, std::string module_path,
                       std::optional<OperationUser> user, process::OrphanReaper* orphans,
                       Logger& logger)
    : module_path_(std::move(module_path)),
      user_(user),
      logger_(logger),
      orphans_(orphans),
      relay_(logger, module_path_),
      conversation_([this](LogLevel level, std::string_view text) { relay_.Line(level, text); }),
      child_(std::move(process.child)),
      channel_(std::move(process.channel)),
      log_(std::move(process.log)) {}

ProcessRun::~ProcessRun() {
  Stop();
  if (pump_.joinable()) pump_.join();
}

Status ProcessRun::Begin(Deadline deadline, std::unique_ptr<Sending> sending,
                         std::optional<LentFolder> lent) {
  const std::lock_guard lock(mutex_);
  if (begun_ || ended_) return Status::FailedPrecondition("the run has begun already");
  begun_ = true;
  if (lent) lent_.emplace(*std::move(lent));
  deadline_ = deadline;
  sending_ = std::move(sending);
  pump_ = std::thread([this] { Pump(); });
  return {};
}

// The pump sends it, for a host that does not read must not keep anybody from stopping the run.
Status ProcessRun::Start(operation::Job job) {
  {
    // Nothing of a run that has begun may change: its folder is lent, its name is told.
    const std::lock_guard lock(mutex_);
    if (begun_ || ended_) return Status::FailedPrecondition("the run has begun already");
  }
  relay_.SetOperation(job.operation);
  relay_.Hide(operation::CapabilityOf(job.base_url));
  auto sending = std::make_unique<Sending>();
  std::vector<int> descriptors;
  if (job.artifact_directory >= 0) {
    // Not a duplicate, through which the operation could undo the locks we hold on it.
    KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd folder,
                              OpenAt(job.artifact_directory, ".", O_RDONLY | O_DIRECTORY));
    folder_.Reset(fcntl(job.artifact_directory, F_DUPFD_CLOEXEC, 0));
    if (!folder_.valid()) return Status::FromErrno("duplicate the artifact folder", errno);
    descriptors.push_back(sending->descriptors.emplace_back(std::move(folder)).get());
  }
  if (job.listen_socket >= 0) {
    UniqueFd socket(fcntl(job.listen_socket, F_DUPFD_CLOEXEC, 0));
    if (!socket.valid()) return Status::FromErrno("duplicate a socket for the job", errno);
    descriptors.push_back(sending->descriptors.emplace_back(std::move(socket)).get());
  }
  sending->body = EncodeJob(job);
  if (sending->body.size() > kMaxJobBytes) {
    const size_t size = sending->body.size();
    Stop();
    return Status::ResourceExhausted("the job has " + std::to_string(size) + " bytes");
  }
  sending->message.emplace(MessageType::kJob, sending->body, std::move(descriptors));
  std::optional<LentFolder> lent;
  if (user_ && job.artifact_directory >= 0) {
    KUBEDIAG_ASSIGN_OR_RETURN(LentFolder folder, LentFolder::Lend(job.artifact_directory, *user_));
    lent.emplace(std::move(folder));
  }
  return Begin(job.deadline, std::move(sending), std::move(lent));
}

RunOutcome ProcessRun::Wait(std::stop_token stop) {
  const std::stop_callback on_stop(std::move(stop), [this] { stop_.Fire(); });
  std::unique_lock lock(mutex_);
  if (!begun_ && !ended_) {
    RunOutcome outcome;
    outcome.status = Status::FailedPrecondition("the run has not begun");
    return outcome;
  }
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  RunOutcome outcome = std::move(*outcome_);
  if (outcome.serving && stop_.fired()) {
    // Stopped at the very moment it began to serve: it is being ended.
    changed_.wait(lock, [this] { return ended_; });
    return operation::CancelledOutcome();
  }
  return outcome;
}

bool ProcessRun::WaitServing(Deadline until, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto over = [this] { return ended_; };
  if (until.IsNever()) return changed_.wait(lock, stop, over);
  return changed_.wait_until(lock, stop, until.time(), over);
}

void ProcessRun::Stop() {
  stop_.Fire();
  std::unique_lock lock(mutex_);
  if (begun_) {
    changed_.wait(lock, [this] { return ended_; });
    return;
  }
  if (ended_) return;
  KillUnbegun();
  if (orphans_ != nullptr) orphans_->Reap();
  outcome_ = operation::CancelledOutcome();
  ended_ = true;
}

Result<ModuleDescriptor> ProcessRun::Describe(Deadline deadline) {
  auto sending = std::make_unique<Sending>();
  sending->message.emplace(MessageType::kDescribe, sending->body, std::vector<int>());
  KUBEDIAG_RETURN_IF_ERROR(Begin(deadline, std::move(sending), std::nullopt));
  RunOutcome outcome = Wait({});
  if (!outcome.status.ok()) return outcome.status;
  const std::lock_guard lock(mutex_);
  if (!descriptor_) return Status(StatusCode::kDataLoss, "ProtocolError", "no descriptor came");
  return *std::move(descriptor_);
}

void ProcessRun::Pump() {
  Ending ending;
  while (!WaitForEvents(ending)) {
    ReadLog();
    ReadChannel(/*to_the_end=*/false);
    SendOn();
    PublishServing();
    CheckEnding(ending);
    if (ending.give_up_at.Passed()) break;
  }
  Conclude(ending);
}

// True once the process has ended.
bool ProcessRun::WaitForEvents(const Ending& ending) {
  const bool ending_already = ending.cause != EndCause::kNone;
  Deadline next = Deadline::Earlier(ending.kill_at, ending.give_up_at);
  if (!ending_already) next = Deadline::Earlier(next, silence_);
  if (!ending_already && !conversation_.served()) next = Deadline::Earlier(next, deadline_);
  const auto channel_events = static_cast<short>(sending_ ? POLLIN | POLLOUT : POLLIN);
  pollfd entries[] = {{child_.pidfd(), POLLIN, 0},
                      {ending_already ? -1 : stop_.fd(), POLLIN, 0},
                      {channel_closed_ ? -1 : channel_.fd(), channel_events, 0},
                      {log_.get(), POLLIN, 0}};
  const int ready = poll(entries, std::size(entries), next.PollTimeout());
  return ready > 0 && entries[0].revents != 0;
}

void ProcessRun::SendOn() {
  if (!sending_) return;
  // A host that has died cannot be told; why it died is the run's outcome.
  if (!channel_.Push(*sending_->message).ok() || sending_->message->done()) sending_.reset();
}

void ProcessRun::ReadLog() {
  std::array<char, 64 * kKiB> buffer;
  for (int i = 0; i < kLogReadsPerTurn && log_.valid(); ++i) {
    const ssize_t got = read(log_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return log_.Reset();
    relay_.Feed({buffer.data(), static_cast<size_t>(got)});
  }
}

void ProcessRun::ReadChannel(bool to_the_end) {
  std::string bytes;
  while (!channel_closed_) {
    bytes.clear();
    if (channel_.Read(bytes, kReadBytesPerTurn) == Channel::ReadEnd::kClosed)
      channel_closed_ = true;
    // What breaks the rules is remembered by the conversation, which then takes in nothing more.
    [[maybe_unused]] const Status status = conversation_.Feed(bytes);
    if (!to_the_end || bytes.empty()) break;
  }
  // A process that ends closes its descriptors a moment before it can be reaped; one that only
  // closes them, or does not end after its answer, is given no more than that moment.
  if ((channel_closed_ || conversation_.answered()) && silence_.IsNever()) {
    silence_ = Deadline::After(kHostEofGrace);
  }
}

void ProcessRun::CheckEnding(Ending& ending) {
  if (ending.cause == EndCause::kNone) {
    if (!conversation_.violation().ok()) {
      End(ending, EndCause::kViolation, /*gently=*/false);
    } else if (stop_.fired()) {
      End(ending, EndCause::kStopped, /*gently=*/true);
    } else if (!conversation_.served() && deadline_.Passed()) {
      End(ending, EndCause::kDeadline, /*gently=*/true);
    } else if (silence_.Passed()) {
      End(ending, EndCause::kSilence, /*gently=*/false);
    }
  } else if (!ending.killed && ending.kill_at.Passed()) {
    Kill(ending);
  }
}

void ProcessRun::End(Ending& ending, EndCause cause, bool gently) {
  ending.cause = cause;
  sending_.reset();
  silence_ = Deadline::Never();
  if (!gently) return Kill(ending);
  child_.Signal(SIGTERM);
  ending.kill_at = Deadline::After(kTermGrace);
}

void ProcessRun::Kill(Ending& ending) {
  ending.killed = true;
  ending.kill_at = Deadline::Never();
  if (child_.Signal(SIGKILL)) return;
  HangUp();
  ending.give_up_at = Deadline::After(kHostEofGrace);
}

// Nothing has been asked of it yet, so nothing needs to be ended gently.
void ProcessRun::KillUnbegun() {
  if (child_.Signal(SIGKILL)) {
    child_.WaitForEnd();
    return;
  }
  HangUp();
  if (!child_.Wait(Deadline::After(kHostEofGrace))) child_.Leave();
}

// What is left to us if the process has a user that we may not signal: the host ends itself, and
// all that is below it, when it has lost us, if the module lets it.
void ProcessRun::HangUp() {
  logger_.Error("the operation's process may not be killed: CAP_KILL is missing",
                {{"pid", std::to_string(child_.pid())}, {"module", module_path_}});
  channel_.HangUp();
  channel_closed_ = true;
  sending_.reset();
}

void ProcessRun::PublishServing() {
  auto serving = conversation_.TakeServing();
  if (!serving) return;
  const std::lock_guard lock(mutex_);
  outcome_ = std::move(serving);
  changed_.notify_all();
}

void ProcessRun::Conclude(Ending ending) {
  RunEvidence evidence;
  if (const auto exit =
          ending.give_up_at.IsNever() ? child_.WaitForEnd() : child_.Wait(Deadline::After({}))) {
    evidence.exit = *exit;
  } else {
    evidence.left_alive = child_.pid();
    child_.Leave();
  }
  evidence.deadline_passed = deadline_.Passed();
  ReadLog();
  ReadChannel(/*to_the_end=*/true);
  PublishServing();
  if (orphans_ != nullptr) orphans_->Reap();
  lent_.reset();
  folder_.Reset();
  relay_.Finish();
  evidence.cause = ending.cause;
  evidence.killed = ending.killed;
  evidence.output_tail = relay_.Tail();
  const bool served = conversation_.served();
  RunOutcome outcome = Judge(conversation_, evidence);
  if (served && !outcome.status.ok() && ending.cause != EndCause::kStopped) {
    logger_.Warning("the operation ended while it was serving",
                    {{"reason", outcome.status.reason()},
                     {"message", relay_.Masked(outcome.status.message())}});
  }
  const std::lock_guard lock(mutex_);
  if (!served) outcome_ = std::move(outcome);
  descriptor_ = conversation_.descriptor();
  ended_ = true;
  changed_.notify_all();
}

}  // namespace kubediag::host
