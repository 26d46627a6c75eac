#include "engine/api/parse.h"

#include <algorithm>
#include <cstdio>

#include "engine/api/utf8.h"
#include "engine/core/limits.h"

namespace kubediag::api {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Position PositionAt(std::string_view bytes, size_t offset) {
  const std::string_view before = bytes.substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

bool IsForbiddenControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// What neither YAML nor JSON may contain; yaml-cpp would take some of it for the end of the file.
std::optional<SyntaxError> CheckBytes(std::string_view bytes) {
  if (bytes.size() > kMaxManifestBytes) {
    return SyntaxError{{}, "larger than " + std::to_string(kMaxManifestBytes / kMiB) + " MiB"};
  }
  if (const size_t invalid = FindInvalidUtf8(bytes); invalid != std::string_view::npos) {
    return SyntaxError{PositionAt(bytes, invalid), "not UTF-8 text"};
  }
  const auto control = std::find_if(bytes.begin(), bytes.end(), IsForbiddenControl);
  if (control == bytes.end()) return std::nullopt;
  char message[64];
  std::snprintf(message, sizeof(message), "the control character 0x%02x is not allowed in text",
                static_cast<unsigned>(*control));
  return SyntaxError{PositionAt(bytes, static_cast<size_t>(control - bytes.begin())), message};
}

}  // namespace

ParsedDocuments ParseDocuments(std::string_view bytes) {
  if (auto error = CheckBytes(bytes)) return {{}, {*std::move(error)}};
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool like_json =
      first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[');
  if (!like_json) return ParseYaml(bytes);

  ParsedDocuments json = ParseJson(bytes);
  if (json.errors.empty()) return json;
  ParsedDocuments yaml = ParseYaml(bytes);  // a flow map, say, with unquoted keys
  return yaml.errors.empty() ? yaml : json;
}

}  // namespace kubediag::api
