#include <cstdio>

#include "engine/api/sorted_keys.h"
#include "engine/api/write.h"
#include "engine/core/utf8.h"

namespace kubediag::api {
namespace {

constexpr size_t kIndent = 4;

void AppendString(std::string_view text, std::string& out) {
  if (FindInvalidUtf8(text) != std::string_view::npos) {
    return AppendString(ReplaceInvalidUtf8(text), out);
  }
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
          break;
        }
        char escape[8];
        std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
        out += escape;
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(JsonLayout layout) : indented_(layout == JsonLayout::kIndented) {}

  void Append(const Value& value, size_t depth) {
    switch (value.kind) {
      case Value::Kind::kNull:
        out_ += "null";
        break;
      case Value::Kind::kBoolean:
      case Value::Kind::kInteger:
      case Value::Kind::kFloat:
        out_ += value.text;
        break;
      case Value::Kind::kString:
        AppendString(value.text, out_);
        break;
      case Value::Kind::kList:
        AppendList(value, depth);
        break;
      case Value::Kind::kMap:
        AppendMap(value, depth);
        break;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void StartLine(size_t depth) {
    if (!indented_) return;
    out_ += '\n';
    out_.append(depth * kIndent, ' ');
  }

  void AppendList(const Value& list, size_t depth) {
    out_ += '[';
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out_ += ',';
      StartLine(depth + 1);
      Append(list.items[i], depth + 1);
    }
    if (!list.items.empty()) StartLine(depth);
    out_ += ']';
  }

  void AppendMap(const Value& map, size_t depth) {
    out_ += '{';
    bool first = true;
    for (const size_t i : SortedKeys(map)) {
      if (!first) out_ += ',';
      first = false;
      StartLine(depth + 1);
      AppendString(map.keys[i].name, out_);
      out_ += indented_ ? ": " : ":";
      Append(map.items[i], depth + 1);
    }
    if (!first) StartLine(depth);
    out_ += '}';
  }

  bool indented_;
  std::string out_;
};

}  // namespace

std::string WriteJson(const Value& value, JsonLayout layout) {
  JsonWriter writer(layout);
  writer.Append(value, 0);
  std::string text = writer.Take();
  if (layout == JsonLayout::kIndented) text += '\n';
  return text;
}

}  // namespace kubediag::api
