#include "engine/host/log_relay.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/text.h"

namespace kubediag::host {
namespace {

constexpr auto kBudget = static_cast<double>(kMaxLogBytesPerSecond);

}  // namespace

LogRelay::LogRelay(Logger& logger, std::string module, Now now)
    : logger_(logger),
      module_(std::move(module)),
      now_(std::move(now)),
      budget_(kBudget),
      refilled_(now_()) {}

void LogRelay::Feed(std::string_view bytes) {
  tail_ += bytes.substr(bytes.size() - std::min(bytes.size(), kMaxStderrTailBytes));
  if (tail_.size() > kMaxStderrTailBytes) tail_.erase(0, tail_.size() - kMaxStderrTailBytes);
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    const size_t kept = std::min(piece.size(), kMaxMessageBytes - line_.size());
    line_ += piece.substr(0, kept);
    dropped_ += piece.size() - kept;
    if (newline == std::string_view::npos) return;
    Emit(LogLevel::kInfo, line_);
    line_.clear();
    bytes.remove_prefix(newline + 1);
  }
}

void LogRelay::Line(LogLevel level, std::string_view text) { Emit(level, text); }

void LogRelay::Finish() {
  if (!line_.empty()) Emit(LogLevel::kInfo, std::exchange(line_, {}));
  ReportDropped();
}

std::string LogRelay::Tail() const {
  constexpr std::string_view kBlank = " \t\r\n";
  std::string text = operation::ToReadableText(tail_, kMaxMessageBytes);
  const size_t end = text.find_last_not_of(kBlank);
  if (end == std::string::npos) return {};
  text.resize(end + 1);
  return text.substr(text.find_first_not_of(kBlank));
}

void LogRelay::Emit(LogLevel level, std::string_view text) {
  // An empty line costs something too.
  if (!Afford(text.size() + 1)) {
    dropped_ += text.size() + 1;
    return;
  }
  ReportDropped();
  logger_.Log(level, operation::ToReadableText(text, kMaxMessageBytes),
              {{"operation", operation_}, {"module", module_}});
}

bool LogRelay::Afford(size_t bytes) {
  const auto now = now_();
  const std::chrono::duration<double> passed = now - refilled_;
  refilled_ = now;
  budget_ = std::min(kBudget, budget_ + passed.count() * kBudget);
  if (budget_ < static_cast<double>(bytes)) return false;
  budget_ -= static_cast<double>(bytes);
  return true;
}

void LogRelay::ReportDropped() {
  if (dropped_ == 0) return;
  const std::string text = std::to_string(std::exchange(dropped_, 0)) +
                           " bytes of the operation's output dropped: it writes too much";
  logger_.Log(LogLevel::kWarning, text, {{"operation", operation_}, {"module", module_}});
}

}  // namespace kubediag::host
