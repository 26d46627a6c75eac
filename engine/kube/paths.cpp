#include "engine/kube/paths.h"

#include "engine/api/names.h"

namespace kubediag::kube {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void AppendQuery(std::string& target, const Query& query) {
  char separator = '?';
  for (const auto& [key, value] : query) {
    target += separator;
    target += PercentEncode(key);
    target += '=';
    target += PercentEncode(value);
    separator = '&';
  }
}

Result<std::string> FolderOf(const Resource& resource, std::string_view namespace_name) {
  std::string target = resource.group.empty() ? "/api/" : "/apis/";
  if (!resource.group.empty()) {
    target += resource.group;
    target += '/';
  }
  target += resource.version;
  if (!namespace_name.empty()) {
    if (!resource.namespaced) {
      return Status::InvalidArgument(std::string(resource.kind) + " has no namespace");
    }
    if (!api::IsDnsLabel(namespace_name)) {
      return Status::InvalidArgument("namespace \"" + PercentEncode(namespace_name) +
                                     "\" is no name Kubernetes would take");
    }
    target += "/namespaces/";
    target += namespace_name;
  }
  target += '/';
  target += resource.plural;
  return target;
}

}  // namespace

Result<std::string> CollectionTarget(const Resource& resource, std::string_view namespace_name,
                                     const Query& query) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target, FolderOf(resource, namespace_name));
  AppendQuery(target, query);
  return target;
}

Result<std::string> ObjectTarget(const Resource& resource, std::string_view namespace_name,
                                 std::string_view name, std::string_view subresource,
                                 const Query& query) {
  if (resource.namespaced && namespace_name.empty()) {
    return Status::InvalidArgument(std::string(resource.kind) + " needs a namespace");
  }
  KUBEDIAG_ASSIGN_OR_RETURN(std::string target, FolderOf(resource, namespace_name));
  if (!api::IsDnsSubdomain(name)) {
    return Status::InvalidArgument(std::string(resource.kind) + " \"" + PercentEncode(name) +
                                   "\" is no name Kubernetes would take");
  }
  target += '/';
  target += name;
  if (!subresource.empty()) {
    if (!api::IsDnsLabel(subresource)) {
      return Status::InvalidArgument("subresource \"" + PercentEncode(subresource) + "\"");
    }
    target += '/';
    target += subresource;
  }
  AppendQuery(target, query);
  return target;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xf];
  }
  return encoded;
}

std::string DisplayName(const Resource& resource, std::string_view namespace_name,
                        std::string_view name) {
  std::string text(resource.kind);
  text += ' ';
  if (!namespace_name.empty()) {
    text += namespace_name;
    text += '/';
  }
  text += name;
  return text;
}

}  // namespace kubediag::kube
