#include "engine/kubeconfig/config_files.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/core/nearest_names.h"

namespace kubediag::kubeconfig {
namespace {

constexpr size_t kListedNames = 8;

struct Words {
  const char* list;
  const char* one;
};

Words WordsOf(Section section) {
  switch (section) {
    case Section::kContexts:
      return {"contexts", "context"};
    case Section::kClusters:
      return {"clusters", "cluster"};
    case Section::kUsers:
      return {"users", "user"};
  }
  return {"", ""};
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kListedNames); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > kListedNames ? text + ", …" : text;
}

}  // namespace

std::string ConfigFiles::PlaceOf(const std::string& path) const {
  const bool beneath_home = home_.size() > 1 && path.size() > home_.size() &&
                            path.compare(0, home_.size(), home_) == 0 && path[home_.size()] == '/';
  return beneath_home ? "~" + path.substr(home_.size()) : path;
}

Status ConfigFiles::Add(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) return Status::FromErrno(path, error.value());
  if (std::filesystem::is_directory(absolute, error)) {
    return Status::InvalidArgument(PlaceOf(absolute) + ": is a directory");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(absolute, kMaxKubeconfigBytes));
  return AddBytes(absolute, bytes);
}

Status ConfigFiles::AddBytes(const std::string& path, std::string_view bytes) {
  const std::string place = PlaceOf(path);
  auto parsed = ParseConfig(bytes);
  if (!parsed.ok()) return parsed.status().Annotate(place);
  trees_.push_back(*parsed);
  places_ += (places_.empty() ? "" : ", ") + place;
  const Field root(place, *trees_.back());
  KUBEDIAG_RETURN_IF_ERROR(root.CheckMap());

  KUBEDIAG_ASSIGN_OR_RETURN(const std::string version, root.At("apiVersion").Text());
  if (!version.empty() && version != "v1") return root.At("apiVersion").Error("is not v1");
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string kind, root.At("kind").Text());
  if (!kind.empty() && kind != "Config") return root.At("kind").Error("is not Config");
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string current, root.At("current-context").Text());
  if (current_context_.empty()) current_context_ = current;
  for (const Section section : {Section::kContexts, Section::kClusters, Section::kUsers}) {
    KUBEDIAG_RETURN_IF_ERROR(AddSection(section, root, path));
  }
  return Status::Ok();
}

Status ConfigFiles::AddSection(Section section, const Field& root, const std::string& path) {
  const Words words = WordsOf(section);
  KUBEDIAG_ASSIGN_OR_RETURN(const std::vector<Field> items, root.At(words.list).Items());
  std::vector<NamedEntry>& entries = EntriesOf(section);
  std::map<std::string, size_t, std::less<>> known;  // → position in this file, or one before it
  constexpr size_t kEarlierFile = static_cast<size_t>(-1);
  for (const NamedEntry& entry : entries) known.emplace(entry.name, kEarlierFile);

  for (size_t i = 0; i < items.size(); ++i) {
    KUBEDIAG_RETURN_IF_ERROR(items[i].CheckMap());
    const Field name_field = items[i].At("name");
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string name, name_field.Text());
    const auto [found, fresh] = known.emplace(name, i);
    if (!fresh && found->second == kEarlierFile) continue;
    if (!fresh) {
      return name_field.Error("is that of " + std::string(words.list) + "[" +
                              std::to_string(found->second) + "] too");
    }
    entries.push_back({name, items[i].At(words.one),
                       std::filesystem::path(path).parent_path().string(), PlaceOf(path)});
  }
  return Status::Ok();
}

Result<NamedEntry> ConfigFiles::Find(Section section, std::string_view name) const {
  for (const NamedEntry& entry : EntriesOf(section)) {
    if (entry.name == name) return entry;
  }
  const std::vector<std::string> names = Names(section);
  const std::vector<std::string> near = NearestNames(name, names);
  std::string message = std::string("there is no ") + WordsOf(section).one + " " +
                        std::string(name) + (names.empty() ? "" : "; there is " + Join(names));
  if (!near.empty()) message += " (did you mean " + near.front() + "?)";
  return Status::NotFound(message);
}

std::vector<std::string> ConfigFiles::Names(Section section) const {
  std::vector<std::string> names;
  for (const NamedEntry& entry : EntriesOf(section)) names.push_back(entry.name);
  return names;
}

std::vector<NamedEntry>& ConfigFiles::EntriesOf(Section section) {
  if (section == Section::kContexts) return contexts_;
  return section == Section::kClusters ? clusters_ : users_;
}

const std::vector<NamedEntry>& ConfigFiles::EntriesOf(Section section) const {
  return const_cast<ConfigFiles*>(this)->EntriesOf(section);
}

}  // namespace kubediag::kubeconfig
