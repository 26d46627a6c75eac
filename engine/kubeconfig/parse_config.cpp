#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "engine/core/limits.h"
#include "engine/kubeconfig/config_tree.h"

namespace kubediag::kubeconfig {
namespace {

using Kind = ConfigNode::Kind;
using NodePtr = std::shared_ptr<const ConfigNode>;

class Refused : public std::runtime_error {
 public:
  Refused(int line, const std::string& message) : std::runtime_error(message), line_(line) {}
  int line() const { return line_; }

 private:
  int line_;
};

int LineOf(const YAML::Mark& mark) { return mark.is_null() ? 1 : mark.line + 1; }

class TreeSink : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& /*mark*/, const std::string& /*name*/) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Scalar(mark, Kind::kNull, "", false, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag.empty() || tag == "?";
    const bool null = plain && (value.empty() || value == "~" || value == "null");
    Scalar(mark, null ? Kind::kNull : Kind::kScalar, value, !plain, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused(LineOf(mark), "an alias to what it stands in");
    if (TakesKey()) throw Refused(LineOf(mark), "a key must be a string, not an alias");
    Count(LineOf(mark), 1);
    CheckDepth(LineOf(mark), found->second->height);
    Add(found->second, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, Kind::kList, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, Kind::kMap, anchor);
  }
  void OnMapEnd() override { Close(); }

  NodePtr Take() { return root_ != nullptr ? root_ : std::make_shared<const ConfigNode>(); }

 private:
  struct Level {
    ConfigNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    std::string key;
    bool key_is_merge = false;
    std::vector<NodePtr> merged;
  };

  bool TakesKey() const {
    return !open_.empty() && open_.back().node.kind == Kind::kMap && !open_.back().has_key;
  }
  void Count(int line, size_t values) {
    count_ += values;
    if (count_ <= kMaxKubeconfigValues) return;
    throw Refused(line, "more than " + std::to_string(kMaxKubeconfigValues) + " values");
  }
  void CheckDepth(int line, size_t height) const {
    if (open_.size() + height <= kMaxKubeconfigDepth) return;
    throw Refused(line, "nested more than " + std::to_string(kMaxKubeconfigDepth) + " deep");
  }

  void Scalar(const YAML::Mark& mark, Kind kind, const std::string& text, bool quoted,
              YAML::anchor_t anchor) {
    Count(LineOf(mark), 1);
    if (TakesKey()) return SetKey(LineOf(mark), text, quoted);
    auto node = std::make_shared<ConfigNode>();
    node->kind = kind;
    node->line = LineOf(mark);
    node->quoted = quoted;
    node->text = text;
    Add(std::move(node), anchor);
  }

  void SetKey(int line, const std::string& text, bool quoted) {
    Level& map = open_.back();
    map.key_is_merge = text == "<<" && !quoted;
    if (!map.key_is_merge && map.node.fields.count(text) != 0) {
      throw Refused(line, "the key " + text + " stands twice in a map");
    }
    map.key = text;
    map.has_key = true;
  }

  void Open(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
    const int line = LineOf(mark);
    Count(line, 1);
    if (TakesKey()) throw Refused(line, "a key must be a string, not a list or a map");
    CheckDepth(line, 1);
    Level level;
    level.node.kind = kind;
    level.node.line = line;
    level.anchor = anchor;
    open_.push_back(std::move(level));
  }

  void Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    for (const NodePtr& source : level.merged) MergeFrom(*source, level.node);
    const YAML::anchor_t anchor = level.anchor;
    Add(std::make_shared<const ConfigNode>(std::move(level.node)), anchor);
  }

  // YAML 1.1's merge key: what the map does not have itself.
  void MergeFrom(const ConfigNode& source, ConfigNode& map) {
    if (source.kind == Kind::kList) {
      Count(map.line, source.items.size());
      for (const NodePtr& item : source.items) MergeMap(*item, map);
      return;
    }
    MergeMap(source, map);
  }
  void MergeMap(const ConfigNode& source, ConfigNode& map) {
    if (source.kind != Kind::kMap) {
      throw Refused(map.line, "the merge key << takes a map or a list of maps");
    }
    Count(map.line, source.fields.size());
    for (const auto& [key, value] : source.fields) map.fields.emplace(key, value);
    map.height = std::max(map.height, source.height);
  }

  void Add(NodePtr node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& parent = open_.back();
    if (parent.node.kind == Kind::kList) {
      parent.node.height = std::max(parent.node.height, node->height + 1);
      parent.node.items.push_back(std::move(node));
      return;
    }
    parent.has_key = false;
    if (parent.key_is_merge) {
      parent.merged.push_back(std::move(node));
      return;
    }
    parent.node.height = std::max(parent.node.height, node->height + 1);
    parent.node.fields.emplace(std::move(parent.key), std::move(node));
  }

  std::vector<Level> open_;
  std::unordered_map<YAML::anchor_t, NodePtr> anchors_;
  NodePtr root_;
  size_t count_ = 0;
};

Status At(int line, const std::string& message) {
  return Status::InvalidArgument("line " + std::to_string(line) + ": " + message);
}

}  // namespace

Result<std::shared_ptr<const ConfigNode>> ParseConfig(std::string_view bytes) {
  TreeSink sink;
  try {
    std::istringstream stream{std::string(bytes)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(sink);
  } catch (const Refused& refused) {
    return At(refused.line(), refused.what());
  } catch (const YAML::Exception& error) {
    return At(LineOf(error.mark), error.msg);
  }
  return sink.Take();
}

}  // namespace kubediag::kubeconfig
