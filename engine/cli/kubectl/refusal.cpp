#include "engine/cli/kubectl/refusal.h"

namespace kubediag::cli {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The server names what it has looked for; a path it does not know, it does not.
Status ExplainNotFound(const std::string& message) {
  const bool named = Contains(message, "\" not found");
  if (named && Contains(message, "diagnoses.diagnosis.kubediag.org \"")) {
    return Status::NotFound(message + "; kubectl get diagnoses lists those there are");
  }
  if (named) return Status::NotFound(message);
  return Status::NotFound(message +
                          ": the cluster has no such kind of object; install KubeDiag there first: "
                          "kubectl apply -k manifests");
}

std::string RoleFor(const std::string& message) {
  if (Contains(message, "\"pods") || Contains(message, "\"nodes")) {
    return "no role of KubeDiag's gives that right, for it reaches beyond Diagnoses";
  }
  for (const std::string_view verb : {"cannot create ", "cannot use ", "cannot patch "}) {
    if (Contains(message, verb)) return "ClusterRole kubediag-edit gives that right";
  }
  return "ClusterRole kubediag-view gives that right";
}

// What the admission policies refuse names the missing right itself.
std::string ExplainForbidden(const std::string& message) {
  constexpr std::string_view kDenied = " denied request: ";
  const size_t denied = message.find(kDenied);
  if (Contains(message, "ValidatingAdmissionPolicy") && denied != std::string::npos) {
    return "refused by the cluster's policy: " + message.substr(denied + kDenied.size());
  }
  return Contains(message, " cannot ") ? message + "; " + RoleFor(message) : message;
}

}  // namespace

Status ExplainRefusal(const Status& status, const std::string& server) {
  const std::string& message = status.message();
  switch (status.code()) {
    case StatusCode::kNotFound:
      return ExplainNotFound(message).WithReason(status.reason());
    case StatusCode::kPermissionDenied:
      if (status.reason() == "Forbidden") {
        return {status.code(), status.reason(), ExplainForbidden(message)};
      }
      return {status.code(), status.reason(),
              message + "; the API server does not accept the credentials of " + server};
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
      return status.Annotate("the API server of " + server);
    default:
      return status;
  }
}

}  // namespace kubediag::cli
