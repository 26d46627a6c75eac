#include "plugins/exchange/string_map.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubediag::exchange {
namespace {

using Json = nlohmann::json;

// Stops at the first token that has no place in an object of strings.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  StringMap& map() { return map_; }
  const std::string& error() const { return error_; }

  bool null() override { return inside_ ? WrongValue("null") : true; }
  bool boolean(bool) override { return WrongValue("a boolean"); }
  bool number_integer(number_integer_t) override { return WrongValue("a number"); }
  bool number_unsigned(number_unsigned_t) override { return WrongValue("a number"); }
  bool number_float(number_float_t, const string_t&) override { return WrongValue("a number"); }
  bool binary(binary_t&) override { return WrongValue("binary"); }
  bool start_array(std::size_t) override { return WrongValue("an array"); }
  bool end_array() override { return true; }
  bool string(string_t& value) override {
    if (!inside_) return WrongValue("a string");
    map_[key_] = std::move(value);
    return true;
  }
  bool start_object(std::size_t) override {
    if (inside_) return WrongValue("an object");
    inside_ = true;
    return true;
  }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    error_ = "malformed JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  bool WrongValue(const char* what) {
    error_ = inside_ ? "the value of \"" + key_ + "\" is " + what + ", not a string"
                     : std::string("it is ") + what + ", not an object of strings";
    return false;
  }

  StringMap map_;
  std::string key_;
  std::string error_;
  bool inside_ = false;
};

}  // namespace

std::string EncodeStringMap(const Values& values) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object[std::string(key)] = value;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<StringMap> DecodeStringMap(std::string_view json) {
  Reader reader;
  if (!Json::sax_parse(json, &reader)) return Status::InvalidArgument(reader.error());
  return std::move(reader.map());
}

}  // namespace kubediag::exchange
