#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>

#include "engine/api/parse.h"
#include "engine/api/scalar.h"
#include "engine/api/tree_builder.h"

namespace kubediag::api {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// yaml-cpp 0.7 takes the end of the input for the closing quote if it follows a line break or a
// blank. Behind a comment it does not; there a block scalar ends as well.
std::string WithEnd(std::string_view bytes) {
  std::string text(bytes);
  if (text.empty() || std::string_view(" \t\r\n").find(text.back()) == std::string_view::npos) {
    return text;
  }
  if (text.back() != '\n') text += '\n';
  return text += "# end";
}

// What to add to an error of that line, from 0: the parser's own words for a tab in the indentation
// do not tell of the tab.
std::string HintOfTab(std::string_view bytes, int line) {
  for (; line > 0 && !bytes.empty(); --line) {
    bytes.remove_prefix(std::min(bytes.size(), bytes.find('\n') + 1));
  }
  const std::string_view indentation = bytes.substr(0, bytes.find_first_not_of(" \t"));
  const bool has_tab = indentation.find('\t') != std::string_view::npos;
  return has_tab ? "; YAML forbids tabs in indentation" : "";
}

class EventSink : public YAML::EventHandler {
 public:
  // `first_line`: of the chunk within its file, from 0.
  explicit EventSink(int first_line) : first_line_(first_line) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp 0.7 goes on without end over what cannot begin a document, a stray comma say.
    if (mark.pos == last_start_) throw Refused(PositionOf(mark), "unexpected text");
    last_start_ = mark.pos;
    last_ = PositionOf(mark);
    builder_ = TreeBuilder();
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& /*mark*/, const std::string& /*name*/) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Scalar(PositionOf(mark), Value::Kind::kNull, "", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Alias(PositionOf(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Position position = last_ = PositionOf(mark);
    const bool plain = tag.empty() || tag == "?";
    if (plain && value == "<<" && builder_.TakesKey()) return builder_.MergeKey(position);
    builder_.Scalar(position, KindOfScalar(position, tag, value), value, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, "seq", Value::Kind::kList, anchor);
  }
  void OnSequenceEnd() override { builder_.Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, "map", Value::Kind::kMap, anchor);
  }
  void OnMapEnd() override { builder_.Close(); }

  TreeBuilder& builder() { return builder_; }
  Position last() const { return last_; }  // of what came last
  Position PositionOf(const YAML::Mark& mark) const {
    if (mark.is_null()) return {first_line_ + 1, 1};
    return {first_line_ + mark.line + 1, mark.column + 1};
  }

 private:
  // "?" is a plain scalar or untagged collection, "!" a quoted scalar.
  static bool IsUntagged(const std::string& tag) { return tag.empty() || tag == "?" || tag == "!"; }

  static Value::Kind KindOfScalar(Position position, const std::string& tag,
                                  const std::string& value) {
    if (tag == "!") return Value::Kind::kString;
    const Value::Kind resolved = ResolvePlainScalar(value);
    if (tag.empty() || tag == "?") return resolved;
    if (tag == std::string(kTagPrefix) + "str") return Value::Kind::kString;
    const bool keeps_its_kind =
        (tag == std::string(kTagPrefix) + "int" && resolved == Value::Kind::kInteger) ||
        (tag == std::string(kTagPrefix) + "float" && resolved == Value::Kind::kFloat) ||
        (tag == std::string(kTagPrefix) + "bool" && resolved == Value::Kind::kBoolean) ||
        (tag == std::string(kTagPrefix) + "null" && resolved == Value::Kind::kNull);
    if (!keeps_its_kind) throw Refused(position, "the tag " + tag + " is not supported here");
    return resolved;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, std::string_view own_tag,
            Value::Kind kind, YAML::anchor_t anchor) {
    const Position position = last_ = PositionOf(mark);
    if (!IsUntagged(tag) && tag != std::string(kTagPrefix).append(own_tag)) {
      throw Refused(position, "the tag " + tag + " is not supported here");
    }
    builder_.Open(position, kind, anchor);
  }

  int first_line_;
  int last_start_ = -1;  // of the last document
  Position last_;
  TreeBuilder builder_;
};

}  // namespace

void ParseYaml(std::string_view bytes, int first_line, ParsedDocuments& parsed) {
  EventSink sink(first_line);
  try {
    std::istringstream stream{WithEnd(bytes)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(sink)) {
      if (!sink.builder().complete()) continue;
      Value document = sink.builder().Take();
      if (document.kind != Value::Kind::kNull) parsed.documents.push_back(std::move(document));
    }
  } catch (const Refused& refused) {
    parsed.errors.push_back({refused.position(), refused.what()});
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) {
      parsed.errors.push_back({sink.last(), "a quote that opens here or after it is not closed"});
      return;
    }
    const std::string hint = error.mark.is_null() ? "" : HintOfTab(bytes, error.mark.line);
    parsed.errors.push_back({sink.PositionOf(error.mark), error.msg + hint});
  }
}

}  // namespace kubediag::api
