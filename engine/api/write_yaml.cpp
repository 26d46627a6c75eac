#include <algorithm>
#include <cstdio>

#include "engine/api/scalar.h"
#include "engine/api/sorted_keys.h"
#include "engine/api/write.h"
#include "engine/core/utf8.h"

namespace kubediag::api {
namespace {

constexpr size_t kIndent = 2;

// Control characters, and those that some reader takes for an end of line or a mark of the file.
bool MustEscape(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  const bool c1_control = first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  const bool separator = character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9";
  const bool byte_order_mark = character == "\xEF\xBB\xBF";
  return c1_control || separator || byte_order_mark;
}

struct Traits {
  bool has_newline = false;
  bool has_tab = false;
  bool must_escape = false;  // something besides these
};

Traits Examine(std::string_view text) {
  Traits traits;
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    if (text[at] == '\n') {
      traits.has_newline = true;
    } else if (text[at] == '\t') {
      traits.has_tab = true;
    } else if (MustEscape(text.substr(at, length))) {
      traits.must_escape = true;
    }
    at += length;
  }
  return traits;
}

void AppendDoubleQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, Utf8Length(text, at));
    at += character.size();
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\r") {
      out += "\\r";
    } else if (character == "\t") {
      out += "\\t";
    } else if (MustEscape(character)) {
      char escape[16];
      const uint32_t code = CodePointOf(character);
      std::snprintf(escape, sizeof(escape), code < 0x100 ? "\\x%02X" : "\\u%04X", code);
      out += escape;
    } else {
      out += character;
    }
  }
  out += '"';
}

void AppendSingleQuoted(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

// Whether the text of one line stands for itself without quotes.
bool CanBePlain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=~";
  const bool begins_as_indicator = kIndicators.find(text.front()) != std::string_view::npos;
  const bool dash_in_word = text.size() > 1 && text[0] == '-' && text[1] != ' ' && text[1] != '-';
  if (begins_as_indicator && !dash_in_word) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
         text.substr(0, 3) != "...";
}

// A literal block keeps the text as it is; its first line must show the indentation, and readers
// disagree about lines of blanks only.
bool CanBeBlock(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  if (kBlanks.find(text.front()) != std::string_view::npos) return false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!line.empty() && line.find_first_not_of(kBlanks) == std::string_view::npos) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

class YamlWriter {
 public:
  // At the start of a line or behind "- ", with the first line's indentation already there.
  void AppendMap(const Value& map, size_t indent) {
    bool first = true;
    for (const size_t i : SortedKeys(map)) {
      if (!first) out_.append(indent, ' ');
      first = false;
      AppendScalarText(map.keys[i].name, indent, Place::kKey);
      out_ += ':';
      AppendField(map.items[i], indent);
    }
  }

  void AppendList(const Value& list, size_t indent) {
    bool first = true;
    for (const Value& item : list.items) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += "- ";
      if (item.kind == Value::Kind::kMap && !item.items.empty()) {
        AppendMap(item, indent + kIndent);
      } else if (item.kind == Value::Kind::kList && !item.items.empty()) {
        AppendList(item, indent + kIndent);
      } else {
        AppendScalar(item, indent + kIndent);
        out_ += '\n';
      }
    }
  }

  void AppendScalar(const Value& value, size_t block_indent) {
    switch (value.kind) {
      case Value::Kind::kNull:
        out_ += "null";
        break;
      case Value::Kind::kList:
        out_ += "[]";
        break;
      case Value::Kind::kMap:
        out_ += "{}";
        break;
      case Value::Kind::kString:
        AppendScalarText(value.text, block_indent, Place::kValue);
        break;
      default:
        out_ += value.text;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  enum class Place { kKey, kValue };

  // Behind "key:".
  void AppendField(const Value& value, size_t indent) {
    if (value.kind == Value::Kind::kMap && !value.items.empty()) {
      out_ += '\n';
      out_.append(indent + kIndent, ' ');
      AppendMap(value, indent + kIndent);
    } else if (value.kind == Value::Kind::kList && !value.items.empty()) {
      out_ += '\n';
      out_.append(indent, ' ');
      AppendList(value, indent);
    } else {
      out_ += ' ';
      AppendScalar(value, indent + kIndent);
      out_ += '\n';
    }
  }

  void AppendScalarText(std::string_view text, size_t block_indent, Place place) {
    if (FindInvalidUtf8(text) != std::string_view::npos) {
      return AppendScalarText(ReplaceInvalidUtf8(text), block_indent, place);
    }
    const Traits traits = Examine(text);
    if (traits.has_newline && !traits.must_escape && place == Place::kValue && CanBeBlock(text)) {
      return AppendBlock(text, block_indent);
    }
    if (traits.must_escape || traits.has_tab || traits.has_newline || IsAmbiguous(text)) {
      return AppendDoubleQuoted(text, out_);
    }
    if (!CanBePlain(text)) return AppendSingleQuoted(text, out_);
    out_ += text;
  }

  // Without the end of its last line, which the caller writes.
  void AppendBlock(std::string_view text, size_t indent) {
    const size_t last = text.find_last_not_of('\n');
    const size_t trailing = text.size() - last - 1;
    out_ += trailing == 0 ? "|-" : trailing == 1 ? "|" : "|+";
    if (trailing > 0) text.remove_suffix(1);
    while (true) {
      const size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      out_ += '\n';
      if (!line.empty()) out_.append(indent, ' ');
      out_ += line;
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  std::string out_;
};

}  // namespace

std::string WriteYaml(const Value& value) {
  YamlWriter writer;
  if (value.kind == Value::Kind::kMap && !value.items.empty()) {
    writer.AppendMap(value, 0);
  } else if (value.kind == Value::Kind::kList && !value.items.empty()) {
    writer.AppendList(value, 0);
  } else {
    writer.AppendScalar(value, kIndent);
  }
  std::string text = writer.Take();
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

}  // namespace kubediag::api
