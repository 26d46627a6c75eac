#include "engine/api/parse.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/core/limits.h"
#include "engine/core/utf8.h"

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

constexpr std::string_view kBoundary = "---";

bool IsBoundary(std::string_view line) {
  if (line.substr(0, kBoundary.size()) != kBoundary) return false;
  return line.size() == kBoundary.size() || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

// Of two parsers that failed the one that came farther has the better reason.
bool IsBehind(const SyntaxError& a, const SyntaxError& b) {
  return std::pair(a.position.line, a.position.column) >
         std::pair(b.position.line, b.position.column);
}

// A document, or several of JSON. `first_line` is that of the chunk in its file, from 0.
void ParseChunk(std::string_view chunk, int first_line, ParsedDocuments& parsed) {
  size_t first = chunk.find_first_not_of(" \t\r\n");
  const bool is_bounded = first == 0 && IsBoundary(chunk.substr(0, chunk.find('\n')));
  if (is_bounded) first = chunk.find_first_not_of(" \t\r\n", kBoundary.size());
  const bool like_json =
      first != std::string_view::npos && (chunk[first] == '{' || chunk[first] == '[');
  if (!like_json) return ParseYaml(chunk, first_line, parsed);

  ParsedDocuments json;
  std::string text(chunk);
  if (is_bounded) text.replace(0, kBoundary.size(), kBoundary.size(), ' ');
  ParseJson(text, first_line, json);
  if (!json.errors.empty()) {
    ParsedDocuments yaml;  // a flow map, say, with unquoted keys
    ParseYaml(chunk, first_line, yaml);
    if (yaml.errors.empty() || IsBehind(yaml.errors[0], json.errors[0])) json = std::move(yaml);
  }
  std::move(json.documents.begin(), json.documents.end(), std::back_inserter(parsed.documents));
  std::move(json.errors.begin(), json.errors.end(), std::back_inserter(parsed.errors));
}

}  // namespace

// `---` at the start of a line cannot stand within a document, not even in a quoted scalar, so the
// file is split there: an error in one document leaves the others readable.
ParsedDocuments ParseDocuments(std::string_view bytes) {
  if (auto error = CheckBytes(bytes)) return {{}, {*std::move(error)}};
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  ParsedDocuments parsed;
  size_t chunk_start = 0;
  int chunk_line = 0;
  int line = 0;
  bool only_directives = true;  // before a `---` they belong to the document after it
  for (size_t at = 0; at < bytes.size(); ++line) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view text = bytes.substr(at, end - at);
    if (IsBoundary(text) && !only_directives) {
      ParseChunk(bytes.substr(chunk_start, at - chunk_start), chunk_line, parsed);
      chunk_start = at;
      chunk_line = line;
    }
    const size_t first = text.find_first_not_of(" \t\r");
    const bool blank = first == std::string_view::npos || text[first] == '#' || text[0] == '%';
    if (!blank) only_directives = false;
    at = end + 1;
  }
  ParseChunk(bytes.substr(chunk_start), chunk_line, parsed);
  return parsed;
}

}  // namespace kubediag::api
