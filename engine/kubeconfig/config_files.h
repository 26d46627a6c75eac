// ConfigFiles: kubeconfig files merged as kubectl merges them.
//
// The first file that has a context, cluster or user of a name gives all of it; the first that
// names a current-context decides. Immutable once loaded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/kubeconfig/config_tree.h"
#include "engine/kubeconfig/field.h"

namespace kubediag::kubeconfig {

// One entry of contexts, clusters or users.
struct NamedEntry {
  std::string name;
  Field body;
  std::string folder;  // of its file: relative paths start here
  std::string place;   // its file as the user calls it
};

enum class Section { kContexts, kClusters, kUsers };

class ConfigFiles {
 public:
  // `home` may be empty; a path beneath it is called "~/…" in messages.
  explicit ConfigFiles(std::string home) : home_(std::move(home)) {}

  // The next file. NotFound if there is none of that name.
  Status Add(const std::string& path);
  // The same from its bytes; `path` is absolute.
  Status AddBytes(const std::string& path, std::string_view bytes);

  // Nothing in them that could be meant.
  bool empty() const { return current_context_.empty() && contexts_.empty(); }
  // All files that were added, as the user calls them: "a, b".
  const std::string& places() const { return places_; }
  const std::string& current_context() const { return current_context_; }
  // How the user calls `path`.
  std::string PlaceOf(const std::string& path) const;

  // NotFound names what there is.
  Result<NamedEntry> Find(Section section, std::string_view name) const;
  std::vector<std::string> Names(Section section) const;

 private:
  std::vector<NamedEntry>& EntriesOf(Section section);
  const std::vector<NamedEntry>& EntriesOf(Section section) const;
  Status AddSection(Section section, const Field& root, const std::string& path);

  std::string home_;
  std::string places_;
  std::vector<std::shared_ptr<const ConfigNode>> trees_;
  std::string current_context_;
  std::vector<NamedEntry> contexts_;
  std::vector<NamedEntry> clusters_;
  std::vector<NamedEntry> users_;
};

}  // namespace kubediag::kubeconfig
