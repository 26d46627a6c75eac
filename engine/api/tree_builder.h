// TreeBuilder: makes a Value of the events of a parser, within the caps for foreign input.
//
// Not thread-safe; one for each document. Throws Refused when a cap or a rule is broken: it is used
// inside parsers that report by exception, and their callers catch it at the edge.
#pragma once

#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/api/value.h"

namespace kubediag::api {

class Refused : public std::runtime_error {
 public:
  Refused(Position position, const std::string& message)
      : std::runtime_error(message), position_(position) {}
  Position position() const { return position_; }

 private:
  Position position_;
};

class TreeBuilder {
 public:
  // Zero is no anchor.
  using Anchor = size_t;

  // In a map, scalars are by turns keys and values; here the next one is a key.
  bool TakesKey() const;
  void Scalar(Position position, Value::Kind kind, std::string text, Anchor anchor = 0);
  // YAML 1.1's plain key "<<"; TakesKey() holds.
  void MergeKey(Position position);
  void Open(Position position, Value::Kind kind, Anchor anchor = 0);
  void Close();
  // A copy of what the anchor named. What all copies hold is capped (kMaxManifestAliasBytes).
  void Alias(Position position, Anchor anchor);

  // True once a whole document is there.
  bool complete() const { return complete_; }
  Value Take() { return std::move(root_); }

 private:
  struct Level {
    Value value;
    Anchor anchor = 0;
    bool has_key = false;    // of a map: the next value belongs to keys.back()
    bool has_merge = false;  // of a map: keys[merge_index] is a plain "<<"
    size_t merge_index = 0;
  };

  void CheckCount(Position position);
  void Add(Value value, Anchor anchor);

  std::vector<Level> open_;
  std::unordered_map<Anchor, Value> anchors_;
  Value root_;
  bool complete_ = false;
  size_t count_ = 0;
  size_t alias_bytes_ = 0;
};

}  // namespace kubediag::api
