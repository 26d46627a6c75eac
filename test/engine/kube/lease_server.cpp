#include "test/engine/kube/lease_server.h"

#include <gtest/gtest.h>

#include "engine/api/value.h"
#include "engine/kube/json_reading.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

constexpr char kCollection[] = "/apis/coordination.k8s.io/v1/namespaces/kubediag/leases";

}  // namespace

Result<Response> LeaseServer::Send(const Request& request, Deadline /*deadline*/,
                                   const std::stop_token& /*stop*/) {
  requests.push_back(request.method);
  const Fault kind = fault();
  if (kind == Fault::kLost) return Status::Unavailable("lost on the way");
  if (kind == Fault::kError) return Response{503, "", {}};
  if (kind == Fault::kTooMany) {
    Response refused{429, StatusJson(429, "TooManyRequests", "come back later"), {}};
    refused.retry_after = retry_after;
    return refused;
  }
  Response response = Answer(request);
  if (kind == Fault::kDoneButLost) return Status::DeadlineExceeded("no answer");
  return response;
}

Result<Response> LeaseServer::Stream(const Request& /*request*/, std::chrono::seconds /*idle*/,
                                     const OnBytes& /*on_bytes*/, const std::stop_token& /*stop*/) {
  return Status::Unimplemented("a Lease is not watched");
}

Response LeaseServer::Answer(const Request& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const bool is_post = request.method == "POST";
  EXPECT_EQ(path, is_post ? kCollection : std::string(kCollection) + "/kubediag-controller");
  if (!lease && !is_post) return {404, StatusJson(404, "NotFound", "no such lease"), {}};
  if (lease && is_post) return {409, StatusJson(409, "AlreadyExists", "it is there"), {}};
  if (request.method == "GET") return Stored(200);

  const Result<api::Value> body = ParseJsonMap(request.body);
  EXPECT_TRUE(body.ok());
  const std::string asked = TextAt(*MapAt(*body, "metadata"), "resourceVersion");
  if (!is_post) {
    EXPECT_EQ(request.content_type, "application/merge-patch+json");
    EXPECT_NE(asked, "") << "a write without precondition";
    if (asked != lease->resource_version) {
      return {409, StatusJson(409, "Conflict", "the object has been modified"), {}};
    }
  }
  const api::Value& spec = *MapAt(*body, "spec");
  lease.emplace();
  lease->namespace_name = "kubediag";
  lease->name = "kubediag-controller";
  lease->resource_version = std::to_string(++version_);
  lease->holder = TextAt(spec, "holderIdentity");
  lease->duration = std::chrono::seconds(*IntegerAt(spec, "leaseDurationSeconds"));
  lease->acquire_time = TextAt(spec, "acquireTime");
  lease->renew_time = TextAt(spec, "renewTime");
  lease->transitions = *IntegerAt(spec, "leaseTransitions");
  return Stored(is_post ? 201 : 200);
}

Response LeaseServer::Stored(int status) const { return {status, EncodeLease(*lease), {}}; }

}  // namespace kubediag::kube
