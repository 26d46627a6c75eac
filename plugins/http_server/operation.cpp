#include "plugins/http_server/operation.h"

#include <chrono>
#include <string>
#include <utility>

#include "engine/core/limits.h"
#include "plugins/exchange/job_child.h"
#include "plugins/exchange/string_map.h"
#include "plugins/fetch/client.h"
#include "plugins/http_server/endpoint.h"

namespace kubediag::http_server {
namespace {

constexpr uint64_t kMaxAnswerBytes = 2 * kMiB;  // KubeDiag 0.2: MaxDataSize
constexpr std::string_view kPolicyAllowSourceCidr = "fetch.allow_source_cidr";

fetch::Request MakeRequest(const Job& job, std::string url) {
  fetch::Request request;
  request.method = fetch::Method::kPost;
  request.url = std::move(url);
  request.body = exchange::EncodeStringMap(job.parameters());
  request.content_type = "application/json";
  request.ca_pem = job.settings().Text("ca_pem", "");
  request.trust = request.ca_pem.empty() ? fetch::Trust::kSystem : fetch::Trust::kGivenCa;
  for (const std::string_view cidr : job.policy().List(kPolicyAllowSourceCidr)) {
    request.allowed_cidrs.emplace_back(cidr);
  }
  request.max_body_bytes = kMaxAnswerBytes;
  // The server may think for as long as the operation has time; the deadline cuts both.
  request.total_timeout = fetch::kMaxTotalTimeout;
  request.stall_timeout = fetch::kMaxTotalTimeout;
  return request;
}

}  // namespace

Declaration HttpServerOperation::Declare() {
  return Declaration("http-server")
      .Version("1.0")
      .Doc("Posts the parameters to an HTTP server; its JSON answer is the result.")
      .Timeout(std::chrono::seconds(30))
      .Network()
      .OpenParameters();
}

Outcome HttpServerOperation::Run(Job& job) {
  auto url = EndpointUrl(job.settings());
  if (!url.ok()) return exchange::ToFailure(url.status());
  const std::string what = "POST " + *url;
  const auto fetched = fetch::FetchToMemory(MakeRequest(job, *std::move(url)),
                                            {.libexec_directory = job.libexec_directory(),
                                             .cancel_fd = job.cancel_descriptor(),
                                             .deadline = exchange::DeadlineOf(job)});
  if (!fetched.ok()) return exchange::ToFailure(fetched.status(), what);
  const auto results = exchange::DecodeStringMap(fetched->body);
  if (!results.ok()) {
    return exchange::ToFailure(results.status().WithReason("AnswerInvalid"), what + ": the answer");
  }
  for (const auto& [key, value] : *results) job.Emit(key, value);
  return Outcome::Success();
}

}  // namespace kubediag::http_server
