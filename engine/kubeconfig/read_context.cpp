#include "engine/kubeconfig/read_context.h"

#include <algorithm>

namespace kubediag::kubeconfig {
namespace {

constexpr size_t kLongestNamespace = 63;

bool IsNamespace(const std::string& name) {
  return name.size() <= kLongestNamespace && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Status NoneChosen(const ConfigFiles& files) {
  std::string names;
  for (const std::string& name : files.Names(Section::kContexts)) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return Status::NotFound("no current-context is set: choose one with --context; there is " +
                          names);
}

}  // namespace

Result<ContextConfig> ReadContext(const ConfigFiles& files, const std::string& name) {
  const std::string& chosen = name.empty() ? files.current_context() : name;
  if (chosen.empty()) return NoneChosen(files).Annotate(files.places());
  const auto context = files.Find(Section::kContexts, chosen);
  if (!context.ok()) return context.status().Annotate(files.places());
  const Field& body = context->body;
  KUBEDIAG_RETURN_IF_ERROR(body.CheckMap());

  KUBEDIAG_ASSIGN_OR_RETURN(const std::string cluster_name, body.At("cluster").Text());
  if (cluster_name.empty()) return body.At("cluster").Error("is missing");
  const auto cluster_entry = files.Find(Section::kClusters, cluster_name);
  if (!cluster_entry.ok()) return body.At("cluster").Annotate(cluster_entry.status());
  ContextConfig result;
  KUBEDIAG_ASSIGN_OR_RETURN(result.cluster, ReadCluster(*cluster_entry));

  const Field namespace_field = body.At("namespace");
  KUBEDIAG_ASSIGN_OR_RETURN(result.cluster.namespace_name, namespace_field.Text());
  if (result.cluster.namespace_name.empty()) result.cluster.namespace_name = "default";
  if (!IsNamespace(result.cluster.namespace_name)) {
    return namespace_field.Error("is not the name of a namespace");
  }
  result.cluster.description = "context " + chosen + " of " + context->place;

  KUBEDIAG_ASSIGN_OR_RETURN(const std::string user_name, body.At("user").Text());
  if (user_name.empty()) return result;
  const auto user_entry = files.Find(Section::kUsers, user_name);
  if (!user_entry.ok()) return body.At("user").Annotate(user_entry.status());
  KUBEDIAG_ASSIGN_OR_RETURN(result.user, ReadUser(*user_entry, result.cluster, *cluster_entry));
  result.user_place = user_entry->place + ": user " + user_name;
  return result;
}

}  // namespace kubediag::kubeconfig
