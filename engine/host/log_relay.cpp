#include "engine/host/log_relay.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/text.h"

namespace kubediag::host {
namespace {

constexpr auto kByteBudget = static_cast<double>(kMaxLogBytesPerSecond);

// "12 345"
std::string Grouped(size_t number) {
  std::string text = std::to_string(number);
  constexpr size_t kGroup = 3;
  for (size_t at = text.size(); at > kGroup; at -= kGroup) text.insert(at - kGroup, " ");
  return text;
}

// "812 bytes", "4.2 MB"
std::string Amount(size_t bytes) {
  constexpr double kStep = 1000;
  if (static_cast<double>(bytes) < kStep) return std::to_string(bytes) + " bytes";
  double amount = static_cast<double>(bytes) / kStep;
  const char* unit = "kB";
  for (const char* larger : {"MB", "GB", "TB"}) {
    if (amount < kStep) break;
    amount /= kStep;
    unit = larger;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", amount, unit);
  return text.data();
}

}  // namespace

LogRelay::LogRelay(Logger& logger, std::string module, Now now)
    : logger_(logger),
      module_(std::move(module)),
      now_(std::move(now)),
      report_at_(now_() + kLogReportInterval),
      bytes_left_(kByteBudget),
      lines_left_(kLogLineBurst),
      refilled_(now_()) {}

void LogRelay::Feed(std::string_view bytes) {
  tail_ += bytes.substr(bytes.size() - std::min(bytes.size(), kMaxStderrTailBytes));
  if (tail_.size() > kMaxStderrTailBytes) tail_.erase(0, tail_.size() - kMaxStderrTailBytes);
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    const size_t kept = std::min(piece.size(), kMaxMessageBytes - line_.size());
    line_ += piece.substr(0, kept);
    Drop(0, piece.size() - kept);
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
  if (!Afford(text.size() + 1)) return Drop(1, text.size() + 1);
  logger_.Log(level, Masked(operation::ToReadableText(text, kMaxMessageBytes)),
              {{"operation", operation_}, {"module", module_}});
}

std::string LogRelay::Masked(std::string_view text) const {
  std::string masked(text);
  if (hidden_.empty()) return masked;
  for (size_t at = masked.find(hidden_); at != std::string::npos; at = masked.find(hidden_, at)) {
    masked.replace(at, hidden_.size(), "…");
  }
  return masked;
}

bool LogRelay::Afford(size_t bytes) {
  const auto now = now_();
  const std::chrono::duration<double> passed = now - refilled_;
  refilled_ = now;
  bytes_left_ = std::min(kByteBudget, bytes_left_ + passed.count() * kByteBudget);
  lines_left_ = std::min(kLogLineBurst, lines_left_ + passed.count() * kLogLinesPerSecond);
  if (bytes_left_ < static_cast<double>(bytes) || lines_left_ < 1) return false;
  bytes_left_ -= static_cast<double>(bytes);
  lines_left_ -= 1;
  return true;
}

void LogRelay::Drop(size_t lines, size_t bytes) {
  if (bytes == 0) return;
  dropped_lines_ += lines;
  dropped_bytes_ += bytes;
  if (now_() >= report_at_) ReportDropped();
}

void LogRelay::ReportDropped() {
  report_at_ = now_() + kLogReportInterval;
  if (dropped_bytes_ == 0) return;
  std::string text = "the operation writes more than is shown: ";
  if (dropped_lines_ > 0) text += Grouped(dropped_lines_) + " lines, ";
  text += Amount(dropped_bytes_) + " not shown";
  dropped_lines_ = 0;
  dropped_bytes_ = 0;
  logger_.Log(LogLevel::kWarning, text, {{"operation", operation_}, {"module", module_}});
}

}  // namespace kubediag::host
