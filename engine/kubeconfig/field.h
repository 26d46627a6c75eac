// Field: one value of a kubeconfig file and where it stands, so that every error can say so.
//
// A view: the tree outlives it. An absent or null value reads as empty; unknown keys are nobody's
// business. Messages never repeat a value, which may be a secret.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/kubeconfig/config_tree.h"

namespace kubediag::kubeconfig {

class Field {
 public:
  // `place`: the file as the user calls it.
  Field(std::string place, const ConfigNode& root) : place_(std::move(place)), node_(&root) {}

  bool present() const { return node_ != nullptr && node_->kind != ConfigNode::Kind::kNull; }
  const ConfigNode* node() const { return node_; }

  // The value under `key`; absent if there is none, or if this is no map (see CheckMap).
  Field At(std::string_view key) const;

  Status CheckMap() const;
  Result<std::string> Text() const;          // any scalar
  Result<bool> Flag() const;                 // absent: false
  Result<std::vector<Field>> Items() const;  // of a list
  // The values of a map, with their keys.
  Result<std::vector<std::pair<std::string, Field>>> Entries() const;

  // InvalidArgument: "~/.kube/config: users[2].user.token: <message>".
  Status Error(std::string_view message) const;
  // The same with the code of `status`.
  Status Annotate(const Status& status) const;

 private:
  Field(std::string place, std::string path, const ConfigNode* node)
      : place_(std::move(place)), path_(std::move(path)), node_(node) {}
  std::string Where() const;

  std::string place_;
  std::string path_;
  const ConfigNode* node_;
};

}  // namespace kubediag::kubeconfig
