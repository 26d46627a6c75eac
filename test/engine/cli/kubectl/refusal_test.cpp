#include "engine/cli/kubectl/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubediag::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr char kServer[] = "context admin of ~/.kube/config";

std::string Explained(StatusCode code, const std::string& reason, const std::string& message) {
  const Status status = ExplainRefusal({code, reason, message}, kServer);
  EXPECT_EQ(status.code(), code);
  EXPECT_EQ(status.reason(), reason);
  return status.message();
}

std::string Forbidden(const std::string& message) {
  return Explained(StatusCode::kPermissionDenied, "Forbidden", message);
}

TEST(ExplainRefusal, TellsAMissingDiagnosisFromAMissingKubeDiag) {
  EXPECT_THAT(Explained(StatusCode::kNotFound, "NotFound",
                        "get Diagnosis shop/x: diagnoses.diagnosis.kubediag.org \"x\" not found"),
              EndsWith("\"x\" not found; kubectl get diagnoses lists those there are"));
  const std::string none =
      Explained(StatusCode::kNotFound, "NotFound", "get Diagnosis shop/x: 404 page not found");
  EXPECT_THAT(none, HasSubstr("install KubeDiag there first: kubectl apply -k manifests"));
  EXPECT_THAT(Explained(StatusCode::kNotFound, "NotFound",
                        "create Diagnosis: namespaces \"shop\" not found"),
              EndsWith("namespaces \"shop\" not found"));
}

TEST(ExplainRefusal, NamesTheRoleThatGivesTheRight) {
  const std::string who = "diagnoses.diagnosis.kubediag.org is forbidden: User \"ann\" ";
  EXPECT_THAT(Forbidden(who + "cannot create resource \"diagnoses\" in API group"),
              EndsWith("; ClusterRole kubediag-edit gives that right"));
  EXPECT_THAT(Forbidden(who + "cannot get resource \"diagnoses\" in API group"),
              EndsWith("; ClusterRole kubediag-view gives that right"));
  EXPECT_THAT(Forbidden("pods is forbidden: User \"ann\" cannot list resource \"pods\" in"),
              HasSubstr("no role of KubeDiag's gives that right"));
}

TEST(ExplainRefusal, LeavesOutHowAPolicyIsCalled) {
  EXPECT_EQ(Forbidden("create Diagnosis: diagnoses.diagnosis.kubediag.org \"x\" is forbidden: "
                      "ValidatingAdmissionPolicy 'kubediag-diagnosis-author' with binding "
                      "'kubediag-diagnosis-author' denied request: user \"ann\" may not get secret "
                      "kubediag/token"),
            "refused by the cluster's policy: user \"ann\" may not get secret kubediag/token");
}

TEST(ExplainRefusal, SaysWhoseCredentialsAndWhichServer) {
  EXPECT_THAT(Explained(StatusCode::kPermissionDenied, "Unauthorized", "get x: Unauthorized"),
              EndsWith("does not accept the credentials of context admin of ~/.kube/config"));
  EXPECT_EQ(Explained(StatusCode::kUnavailable, "Unavailable", "get x: connection refused"),
            "the API server of context admin of ~/.kube/config: get x: connection refused");
}

TEST(ExplainRefusal, LeavesEverythingElseAlone) {
  EXPECT_TRUE(ExplainRefusal(Status::Ok(), kServer).ok());
  EXPECT_EQ(Explained(StatusCode::kInvalidArgument, "Invalid", "spec: no"), "spec: no");
}

}  // namespace
}  // namespace kubediag::cli
