// Value: a parsed document as a tree, with the place of each value in its file.
//
// Plain values. Trees made by ParseYaml and ParseJson are at most kMaxManifestDepth deep, so
// recursion over them is bounded. Also what encode.cpp builds and the writers print.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kubediag::api {

struct Position {
  int line = 0;    // from 1; 0 if unknown
  int column = 0;  // from 1, in bytes
};

struct Value {
  enum class Kind : uint8_t { kNull, kBoolean, kInteger, kFloat, kString, kList, kMap };

  struct Key {
    std::string name;
    Position position;
  };

  Kind kind = Kind::kNull;
  Position position;
  std::string text;          // of scalars: as written, unescaped
  std::vector<Value> items;  // of a list, or the values of a map
  std::vector<Key> keys;     // of a map: keys[i] belongs to items[i]

  static Value String(std::string text);
  static Value Integer(int64_t number);
  static Value Boolean(bool boolean);
  static Value List();
  static Value Map();

  bool is_scalar() const { return kind != Kind::kList && kind != Kind::kMap; }
  // The first of this name; nullptr if there is none or this is no map.
  const Value* Find(std::string_view name) const;
  // Adds a key that is not there yet.
  void Set(std::string_view name, Value value);

  // nullopt if this is not of the kind or out of range.
  std::optional<int64_t> AsInteger() const;
  std::optional<bool> AsBoolean() const;
};

// "the number 7200", "the boolean yes", "a list", "a map", "nothing", "a string": for messages.
std::string Describe(const Value& value);

}  // namespace kubediag::api
