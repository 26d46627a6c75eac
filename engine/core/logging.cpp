#include "engine/core/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <string>

namespace kubediag {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// JSON string escapes; the text format uses them too, so that no value spans lines.
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out.append(escape);
    } else {
      out.push_back(c);
    }
  }
}

void AppendJsonField(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"");
  AppendEscaped(out, name);
  out.append("\":\"");
  AppendEscaped(out, value);
  out.push_back('"');
}

class StderrLogger final : public Logger {
 public:
  StderrLogger(LogLevel level, LogFormat format)
      : format_(format), logger_("kubediag", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(ToSpdlog(level));
    if (format_ == LogFormat::kJson) {
      logger_.set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\"%v}",
                          spdlog::pattern_time_type::utc);
    } else {
      logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    }
  }

  void Log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) override {
    if (!logger_.should_log(ToSpdlog(level))) return;
    std::string line;
    if (format_ == LogFormat::kJson) {
      AppendJsonField(line, "message", message);
      for (const LogField& field : fields) AppendJsonField(line, field.name, field.value);
    } else {
      AppendEscaped(line, message);
      for (const LogField& field : fields) {
        line.append(" ").append(field.name).append("=\"");
        AppendEscaped(line, field.value);
        line.push_back('"');
      }
    }
    logger_.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  LogFormat format_;
  spdlog::logger logger_;
};

class NullLogger final : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace

std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format) {
  return std::make_unique<StderrLogger>(level, format);
}

std::unique_ptr<Logger> MakeNullLogger() { return std::make_unique<NullLogger>(); }

}  // namespace kubediag
