#include "plugins/fetch/records.h"

#include <charconv>
#include <cstdint>

namespace kubediag::fetch {
namespace {

constexpr std::string_view kEnd = "end";
constexpr size_t kMaxRecords = 4096;
constexpr size_t kMaxNameBytes = 32;
constexpr size_t kMaxLengthDigits = 12;

Status Malformed(size_t position, std::string_view what) {
  return Status::InvalidArgument("record message: byte " + std::to_string(position) + ": " +
                                 std::string(what));
}

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  for (const char c : text) {
    if (c != '_' && (c < 'a' || c > 'z')) return false;
  }
  return true;
}

}  // namespace

void AppendRecord(std::string& message, std::string_view name, std::string_view value) {
  message.append(name).append(" ").append(std::to_string(value.size())).append("\n");
  message.append(value).append("\n");
}

void AppendEnd(std::string& message) { AppendRecord(message, kEnd, ""); }

Result<uint64_t> ParseNumber(std::string_view name, std::string_view text, uint64_t max) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool canonical = text == "0" || (!text.empty() && text.front() != '0');
  if (error != std::errc() || end != text.data() + text.size() || !canonical || number > max) {
    return Status::InvalidArgument(std::string(name) + " is not a number up to " +
                                   std::to_string(max));
  }
  return number;
}

Result<std::vector<Record>> ParseRecords(std::string_view message) {
  std::vector<Record> records;
  size_t position = 0;
  while (position < message.size()) {
    const std::string_view rest = message.substr(position);
    const size_t newline = rest.substr(0, kMaxNameBytes + kMaxLengthDigits + 2).find('\n');
    if (newline == std::string_view::npos) return Malformed(position, "no record header");
    const std::string_view header = rest.substr(0, newline);
    const size_t space = header.find(' ');
    if (space == std::string_view::npos || !IsName(header.substr(0, space))) {
      return Malformed(position, "malformed record name");
    }
    const auto length = ParseNumber("length", header.substr(space + 1), message.size());
    if (!length.ok()) return Malformed(position, length.status().message());
    if (rest.size() - newline - 1 <= *length) return Malformed(position, "record is cut off");
    const std::string_view value = rest.substr(newline + 1, *length);
    if (rest[newline + 1 + *length] != '\n') return Malformed(position, "record does not end");
    position += newline + *length + 2;
    const std::string_view name = header.substr(0, space);
    if (name == kEnd) {
      if (!value.empty() || position != message.size()) {
        return Malformed(position, "bytes after the end");
      }
      return records;
    }
    if (records.size() == kMaxRecords) return Malformed(position, "too many records");
    records.push_back({std::string(name), std::string(value)});
  }
  return Status(StatusCode::kDataLoss, "record message has no end");
}

}  // namespace kubediag::fetch
