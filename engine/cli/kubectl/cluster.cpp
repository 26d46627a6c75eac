#include "engine/cli/kubectl/cluster.h"

#include <CLI/CLI.hpp>
#include <utility>
#include <variant>

#include "engine/api/encode.h"
#include "engine/api/names.h"
#include "engine/api/value.h"
#include "engine/cli/checked.h"
#include "engine/cli/kubectl/refusal.h"
#include "engine/core/limits.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/known_object.h"

namespace kubediag::cli {
namespace {

template <typename T>
Result<T> ReadObject(api::Value document) {
  const kube::ReadObject read = kube::ReadKnownObject(std::move(document));
  if (read.object == nullptr) return Status::DataLoss("the answer: " + read.problem);
  const T* const object = std::get_if<T>(&read.object->object);
  if (object == nullptr) return Status::DataLoss("the answer is of another kind");
  return *object;
}

}  // namespace

void AddKubectlOptions(CLI::App& command, KubectlOptions& options) {
  command
      .add_option("-n,--namespace", options.namespace_name,
                  "Namespace of the Diagnosis [the context's]")
      ->type_name("NAME")
      ->check(Checked([](const std::string& text) {
        return api::IsDnsLabel(text) ? Status::Ok()
                                     : Status::InvalidArgument(text + " is no name of a namespace");
      }));
  AddClusterOptions(command, options.cluster);
}

Result<std::unique_ptr<Cluster>> Cluster::Open(const KubectlOptions& options,
                                               std::stop_token stop) {
  KUBEDIAG_ASSIGN_OR_RETURN(Connection connection, OpenConnection(options.cluster, "kubectl"));
  KUBEDIAG_RETURN_IF_ERROR(connection.credentials->Get().status().Annotate(connection.description));
  std::string namespace_name =
      options.namespace_name.empty() ? connection.namespace_name : options.namespace_name;
  return std::unique_ptr<Cluster>(
      new Cluster(std::move(connection), std::move(namespace_name), std::move(stop)));
}

Cluster::Cluster(Connection connection, std::string namespace_name, std::stop_token stop)
    : connection_(std::move(connection)),
      namespace_name_(std::move(namespace_name)),
      stop_(std::move(stop)),
      client_(*connection_.transport, registry_, {.field_manager = "kubectl-kubediag"}) {}

kube::Call Cluster::Bounds() const {
  return {.deadline = Deadline::After(kInteractiveCallTimeout), .stop = stop_};
}

template <typename T>
Result<T> Cluster::Read(const Result<std::string>& body) const {
  if (!body.ok()) return ExplainRefusal(body.status(), connection_.description);
  KUBEDIAG_ASSIGN_OR_RETURN(api::Value document, kube::ParseJsonMap(*body));
  return ReadObject<T>(std::move(document));
}

Result<api::Diagnosis> Cluster::GetDiagnosis(const std::string& name) {
  return Read<api::Diagnosis>(client_.Get(kube::kDiagnoses, namespace_name_, name, Bounds()));
}

Result<api::Diagnosis> Cluster::CreateDiagnosis(const api::Diagnosis& diagnosis,
                                                bool made_up_name) {
  const auto created =
      client_.Create(kube::kDiagnoses, namespace_name_,
                     api::EncodeJson(api::Object(diagnosis), api::JsonLayout::kCompact), Bounds());
  if (made_up_name && created.status().code() == StatusCode::kAlreadyExists) {
    // Surely there since an earlier try whose answer was lost.
    auto earlier = GetDiagnosis(diagnosis.metadata.name);
    if (!earlier.ok() || (earlier->spec.operation_set == diagnosis.spec.operation_set &&
                          earlier->spec.parameters == diagnosis.spec.parameters)) {
      return earlier;
    }
  }
  return Read<api::Diagnosis>(created);
}

Result<api::OperationSet> Cluster::GetOperationSet(const std::string& name) {
  return Read<api::OperationSet>(client_.Get(kube::kOperationSets, "", name, Bounds()));
}

Result<std::vector<api::OperationSet>> Cluster::ListOperationSets() {
  std::vector<api::OperationSet> sets;
  const auto listed = client_.List(
      kube::kOperationSets, "", {},
      [&sets](const kube::ListPage& page) {
        if (page.first) sets.clear();
        const api::Value* const items = kube::ListAt(page.document, "items");
        if (items == nullptr) return Status::Ok();
        for (const api::Value& item : items->items) {
          auto set = ReadObject<api::OperationSet>(item);
          if (set.ok()) sets.push_back(*std::move(set));
        }
        return Status::Ok();
      },
      Bounds());
  if (!listed.ok()) return ExplainRefusal(listed.status(), connection_.description);
  return sets;
}

Status Cluster::CheckNode(const std::string& name) {
  const Status asked = client_.Get(kube::kNodes, "", name, Bounds()).status();
  if (asked.code() == StatusCode::kPermissionDenied) return Status::Ok();
  return ExplainRefusal(asked, connection_.description);
}

Result<api::Value> Cluster::ListPods(const std::string& namespace_name, const std::string& labels,
                                     const std::string& node) {
  api::Value all = api::Value::List();
  const auto listed = client_.List(
      kube::kPods, namespace_name,
      {.field_selector = "spec.nodeName=" + node, .label_selector = labels},
      [&all](const kube::ListPage& page) {
        if (page.first) all.items.clear();
        if (const api::Value* const items = kube::ListAt(page.document, "items")) {
          all.items.insert(all.items.end(), items->items.begin(), items->items.end());
        }
        return Status::Ok();
      },
      Bounds());
  if (!listed.ok()) return ExplainRefusal(listed.status(), connection_.description);
  return all;
}

}  // namespace kubediag::cli
