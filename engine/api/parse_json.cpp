#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/api/parse.h"
#include "engine/api/tree_builder.h"

namespace kubediag::api {
namespace {

// Counts lines as offsets grow, so that no byte is looked at twice. Offsets must not go back behind
// the line that was counted last.
class LineCounter {
 public:
  LineCounter(std::string_view bytes, int first_line) : bytes_(bytes), line_(first_line + 1) {}

  Position At(size_t offset) {
    offset = std::min(offset, bytes_.size());
    for (; counted_ < offset; ++counted_) {
      if (bytes_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
    return {line_, static_cast<int>(offset - std::min(offset, line_start_)) + 1};
  }

 private:
  std::string_view bytes_;
  size_t counted_ = 0;
  size_t line_start_ = 0;
  int line_;
};

// Tells how far the parser has read, which it does not tell its handler itself.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* consumed) : at_(at), consumed_(consumed) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*consumed_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* consumed_;
};

class SaxSink : public nlohmann::json_sax<nlohmann::json> {
 public:
  SaxSink(std::string_view bytes, size_t start, LineCounter& lines)
      : bytes_(bytes), lines_(lines), consumed_(start) {}

  // NOLINTBEGIN(readability-identifier-naming): names of the interface
  bool null() override { return Add(Value::Kind::kNull, WordStart(4), ""); }
  bool boolean(bool value) override {
    return Add(Value::Kind::kBoolean, WordStart(value ? 4 : 5), value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    return Add(Value::Kind::kInteger, NumberStart(), std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Add(Value::Kind::kInteger, NumberStart(), std::to_string(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Add(Value::Kind::kFloat, NumberStart(), text);
  }
  bool string(string_t& value) override {
    return Add(Value::Kind::kString, StringStart(), std::move(value));
  }
  bool key(string_t& value) override {
    return Add(Value::Kind::kString, StringStart(), std::move(value));
  }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return Open(Value::Kind::kMap); }
  bool start_array(std::size_t /*size*/) override { return Open(Value::Kind::kList); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*last_token*/,
                   const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": our place instead.
    std::string_view message = error.what();
    if (const size_t colon = message.find(": "); colon != std::string_view::npos) {
      message.remove_prefix(colon + 2);
    }
    throw Refused(lines_.At(consumed_ - 1), std::string(message));
  }
  // NOLINTEND(readability-identifier-naming)

  size_t* consumed() { return &consumed_; }
  TreeBuilder& builder() { return builder_; }

 private:
  // Where the token began whose end the parser has just reached.
  size_t WordStart(size_t length) const { return consumed_ - std::min(length, consumed_); }
  size_t StringStart() const {
    size_t at = consumed_ - 1;  // the closing quote
    while (at > 0) {
      --at;
      if (bytes_[at] != '"') continue;
      size_t backslashes = 0;
      while (backslashes < at && bytes_[at - backslashes - 1] == '\\') ++backslashes;
      if (backslashes % 2 == 0) break;
    }
    return at;
  }
  size_t NumberStart() const {
    const auto is_part = [](char c) {
      return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    };
    size_t at = consumed_;
    // The parser has looked at the byte after the number, if there is one.
    if (at > 0 && !is_part(bytes_[at - 1])) --at;
    while (at > 0 && is_part(bytes_[at - 1])) --at;
    return at;
  }

  bool Add(Value::Kind kind, size_t offset, std::string text) {
    builder_.Scalar(lines_.At(offset), kind, std::move(text));
    return true;
  }
  bool Open(Value::Kind kind) {
    builder_.Open(lines_.At(consumed_ - 1), kind);
    return true;
  }
  bool Close() {
    builder_.Close();
    return true;
  }

  std::string_view bytes_;
  LineCounter& lines_;
  size_t consumed_;
  TreeBuilder builder_;
};

}  // namespace

void ParseJson(std::string_view bytes, int first_line, ParsedDocuments& parsed) {
  constexpr std::string_view kBlank = " \t\r\n";
  LineCounter lines(bytes, first_line);
  size_t at = bytes.find_first_not_of(kBlank);
  try {
    while (at != std::string_view::npos) {
      SaxSink sink(bytes, at, lines);
      const char* const end = bytes.data() + bytes.size();
      constexpr bool kWholeInput = false;  // another document may follow
      nlohmann::json::sax_parse(CountingIterator(bytes.data() + at, sink.consumed()),
                                CountingIterator(end, sink.consumed()), &sink,
                                nlohmann::json::input_format_t::json, kWholeInput);
      parsed.documents.push_back(sink.builder().Take());
      at = bytes.find_first_not_of(kBlank, *sink.consumed());
    }
  } catch (const Refused& refused) {
    parsed.errors.push_back({refused.position(), refused.what()});
  }
}

}  // namespace kubediag::api
