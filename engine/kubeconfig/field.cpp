#include "engine/kubeconfig/field.h"

namespace kubediag::kubeconfig {

using Kind = ConfigNode::Kind;

Field Field::At(std::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  const ConfigNode* value = nullptr;
  if (node_ != nullptr && node_->kind == Kind::kMap) {
    const auto found = node_->fields.find(key);
    if (found != node_->fields.end()) value = found->second.get();
  }
  return {place_, std::move(path), value};
}

Status Field::CheckMap() const {
  if (present() && node_->kind != Kind::kMap) return Error("is not a map");
  return Status::Ok();
}

Result<std::string> Field::Text() const {
  if (!present()) return std::string();
  if (node_->kind != Kind::kScalar) return Error("is not a string");
  return node_->text;
}

Result<bool> Field::Flag() const {
  if (!present()) return false;
  if (node_->kind == Kind::kScalar && !node_->quoted) {
    if (node_->text == "true") return true;
    if (node_->text == "false") return false;
  }
  return Error("is neither true nor false");
}

Result<std::vector<Field>> Field::Items() const {
  std::vector<Field> items;
  if (!present()) return items;
  if (node_->kind != Kind::kList) return Error("is not a list");
  items.reserve(node_->items.size());
  for (size_t i = 0; i < node_->items.size(); ++i) {
    items.push_back(Field(place_, path_ + "[" + std::to_string(i) + "]", node_->items[i].get()));
  }
  return items;
}

Result<std::vector<std::pair<std::string, Field>>> Field::Entries() const {
  KUBEDIAG_RETURN_IF_ERROR(CheckMap());
  std::vector<std::pair<std::string, Field>> entries;
  if (!present()) return entries;
  for (const auto& [key, value] : node_->fields) entries.emplace_back(key, At(key));
  return entries;
}

std::string Field::Where() const { return path_.empty() ? place_ : place_ + ": " + path_; }

Status Field::Error(std::string_view message) const {
  return Status::InvalidArgument(Where() + ": " + std::string(message));
}

Status Field::Annotate(const Status& status) const { return status.Annotate(Where()); }

}  // namespace kubediag::kubeconfig
