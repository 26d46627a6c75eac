// LogRelay: what an operation writes to its standard output and error, and the lines it logs
// itself, line by line into our log at no more than kMaxLogBytesPerSecond and kLogLinesPerSecond,
// and the tail of its streams kept for the message of a failure. How much was not shown is said in
// one line at the end, and of a long run every kLogReportInterval.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/deadline.h"
#include "engine/core/logging.h"

namespace kubediag::host {

class LogRelay {
 public:
  using Now = std::function<Deadline::Clock::time_point()>;
  // `module` names the source in each line. `logger` must outlive the relay.
  LogRelay(Logger& logger, std::string module, Now now = &Deadline::Clock::now);

  void SetOperation(std::string operation) { operation_ = std::move(operation); }
  // It never appears in our log from now on; an empty one hides nothing.
  void Hide(std::string secret) { hidden_ = std::move(secret); }
  // `text` without it.
  std::string Masked(std::string_view text) const;

  // Bytes of the operation's streams.
  void Feed(std::string_view bytes);
  // A line the operation logged itself.
  void Line(LogLevel level, std::string_view text);
  // The last, unfinished line, and how much was dropped.
  void Finish();

  // The last bytes of the streams as readable text, without outer blanks.
  std::string Tail() const;

 private:
  void Emit(LogLevel level, std::string_view text);
  bool Afford(size_t bytes);
  void Drop(size_t lines, size_t bytes);
  void ReportDropped();

  Logger& logger_;
  const std::string module_;
  std::string operation_;
  std::string hidden_;
  const Now now_;
  std::string line_;
  std::string tail_;
  size_t dropped_lines_ = 0;  // since the last report
  size_t dropped_bytes_ = 0;
  Deadline::Clock::time_point report_at_;
  double bytes_left_;
  double lines_left_;
  Deadline::Clock::time_point refilled_;
};

}  // namespace kubediag::host
