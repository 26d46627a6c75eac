// JobLogger: what our libraries log, in the words of a job's log. Borrows the job; thread-safe.
#pragma once

#include <kubediag/job.h>

#include <string>

#include "engine/core/logging.h"

namespace kubediag::go_profiler {

class JobLogger final : public Logger {
 public:
  explicit JobLogger(Job& job) : job_(job) {}

  void Log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields) {
      line.append(" ").append(field.name).append("=").append(field.value);
    }
    switch (level) {
      case LogLevel::kDebug:
        return job_.Debug(line);
      case LogLevel::kInfo:
        return job_.Info(line);
      case LogLevel::kWarning:
        return job_.Warning(line);
      case LogLevel::kError:
        return job_.Error(line);
    }
  }

 private:
  Job& job_;
};

}  // namespace kubediag::go_profiler
