// Logger: where a part of the engine says what it does. Passed by reference, never global.
//
// Implementations may be called from several threads at once and never throw. Values are written
// escaped, so a foreign string cannot forge a line. Secrets never go into a log.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

namespace kubediag {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// One name and value of a log line, e.g. {"uid", diagnosis.uid}. Borrowed for the call.
struct LogField {
  std::string_view name;
  std::string_view value;
};

class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Log(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields) = 0;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarning, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, message, fields);
  }
};

// Writes lines of at least `level` to standard error.
std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format);
// Drops everything.
std::unique_ptr<Logger> MakeNullLogger();

}  // namespace kubediag
