#include <nlohmann/json.hpp>
#include <string>

#include "engine/kubeconfig/config_tree.h"

namespace kubediag::kubeconfig {
namespace {

using Kind = ConfigNode::Kind;

// What JSON itself takes for a number or a boolean stays one; the rest is text.
std::string PlainScalar(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return "true";
  if (text == "false" || text == "False" || text == "FALSE") return "false";
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  return value.is_number() ? text : std::string();
}

// Writes until the cap is passed, so that shared nodes cannot multiply without end.
class Writer {
 public:
  explicit Writer(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Write(const ConfigNode& node) {  // as deep as the tree: kMaxKubeconfigDepth
    if (full()) return;
    switch (node.kind) {
      case Kind::kNull:
        json_ += "null";
        return;
      case Kind::kScalar:
        return WriteScalar(node);
      case Kind::kList:
        return WriteList(node);
      case Kind::kMap:
        return WriteMap(node);
    }
  }
  bool full() const { return json_.size() > max_bytes_; }
  std::string Take() { return std::move(json_); }

 private:
  void WriteText(const std::string& text) {
    json_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  void WriteScalar(const ConfigNode& node) {
    const std::string plain = node.quoted ? std::string() : PlainScalar(node.text);
    if (plain.empty()) return WriteText(node.text);
    json_ += plain;
  }
  void WriteList(const ConfigNode& node) {
    json_ += '[';
    const char* separator = "";
    for (const auto& item : node.items) {
      if (full()) return;
      json_ += separator;
      separator = ",";
      Write(*item);
    }
    json_ += ']';
  }
  void WriteMap(const ConfigNode& node) {
    json_ += '{';
    const char* separator = "";
    for (const auto& [key, value] : node.fields) {
      if (full()) return;
      json_ += separator;
      separator = ",";
      WriteText(key);
      json_ += ':';
      Write(*value);
    }
    json_ += '}';
  }

  size_t max_bytes_;
  std::string json_;
};

}  // namespace

Result<std::string> ConfigNodeToJson(const ConfigNode& node, size_t max_bytes) {
  Writer writer(max_bytes);
  writer.Write(node);
  if (!writer.full()) return writer.Take();
  return Status::ResourceExhausted("larger than " + std::to_string(max_bytes) + " bytes");
}

}  // namespace kubediag::kubeconfig
