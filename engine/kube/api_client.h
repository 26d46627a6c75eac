// ApiClient: the verbs of the Kubernetes API, over a Transport.
//
// Bodies are JSON text; what is in them is the caller's. Every call is rate-limited, counted
// (kubediag_api_requests_total) and tried again as its verb allows, with jittered back-off or as
// long as Retry-After says, until its deadline. A 429 with Retry-After holds all calls back as
// long, kApiCallTimeout at most:
//   Get, List          connections that fail, 429 and every 5xx
//   Create, Delete     likewise; a create is of a name of ours, so that AlreadyExists (a delete's
//                      NotFound) may be an earlier try's success: for the caller to tell
//   MergePatch, Put    429 alone. Other errors leave the outcome unknown (api_error.h), and the
//                      caller reads the object again.
//   all of them        401, kMaxUnauthorizedTries in all
//
// Thread-safe; blocks its caller. Borrows the transport and the registry.
//
// Errors: the code says what to do, reason() is the API server's own word:
//   NotFound "NotFound" · AlreadyExists "AlreadyExists" · FailedPrecondition "Conflict", "Expired",
//   "Gone" · PermissionDenied "Forbidden", "Unauthorized" · InvalidArgument "Invalid",
//   "BadRequest", … · ResourceExhausted "RequestEntityTooLarge" · Unavailable "TooManyRequests",
//   "ServiceUnavailable", "InternalError", "Timeout", "Unavailable" · those of Transport.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/api/value.h"
#include "engine/core/deadline.h"
#include "engine/core/limits.h"
#include "engine/core/result.h"
#include "engine/kube/clock.h"
#include "engine/kube/paths.h"
#include "engine/kube/rate_limiter.h"
#include "engine/kube/transport.h"
#include "engine/metrics/registry.h"

namespace kubediag::kube {

// Bounds of one call, tries included.
struct Call {
  Deadline deadline = Deadline::Never();  // beside kApiCallTimeout, which always holds
  std::stop_token stop = {};
};

struct ListOptions {
  std::string field_selector = {};
  std::string label_selector = {};
  // The first page's: empty is consistent, "0" whatever the server has cached, else at least that
  // new ("Too large resource version": Unavailable, reason "Timeout").
  std::string resource_version = {};
};

struct ListPage {
  api::Value document;           // the whole answer: a …List object
  std::string resource_version;  // the same on all pages: watch from here
  bool first = false;            // also after a restart: forget what came before
};

struct DeletePreconditions {
  std::string uid = {};               // empty: any
  std::string resource_version = {};  // empty: any
};

class ApiClient {
 public:
  struct Options {
    std::string field_manager = "kubediag";
    double requests_per_second = kApiRequestsPerSecond;
    double burst = kApiRequestBurst;
    milliseconds retry_first = kApiRetryFirst;  // tests shorten these two
    milliseconds retry_longest = kApiRetryLongest;
  };

  ApiClient(Transport& transport, metrics::Registry& registry, Options options);
  ApiClient(Transport& transport, metrics::Registry& registry)
      : ApiClient(transport, registry, Options{}) {}
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  Result<std::string> Get(const Resource& resource, const std::string& namespace_name,
                          const std::string& name, const Call& call = {});

  // All pages, of at most kApiListLimit objects each, fewer where a page is too large. A continue
  // token that has expired (410) starts the list afresh, once. `on_page` ends it by its Status.
  // Returns the list's resourceVersion.
  using OnPage = std::function<Status(ListPage page)>;
  Result<std::string> List(const Resource& resource, const std::string& namespace_name,
                           const ListOptions& options, const OnPage& on_page,
                           const Call& call = {});

  // The object as the server has stored it, as the two below.
  Result<std::string> Create(const Resource& resource, const std::string& namespace_name,
                             const std::string& body, const Call& call = {});
  // RFC 7386; `subresource` is "status" or empty. Put metadata.resourceVersion into the body.
  Result<std::string> MergePatch(const Resource& resource, const std::string& namespace_name,
                                 const std::string& name, const std::string& subresource,
                                 const std::string& body, const Call& call = {});
  // Replaces the object, or one of its subresources. metadata.resourceVersion in the body, too.
  Result<std::string> Put(const Resource& resource, const std::string& namespace_name,
                          const std::string& name, const std::string& subresource,
                          const std::string& body, const Call& call = {});
  Result<std::string> PutStatus(const Resource& resource, const std::string& namespace_name,
                                const std::string& name, const std::string& body,
                                const Call& call = {}) {
    return Put(resource, namespace_name, name, "status", body, call);
  }
  // Ok too where the server only marks it for deletion.
  Status Delete(const Resource& resource, const std::string& namespace_name,
                const std::string& name, const DeletePreconditions& preconditions,
                const Call& call = {});

  // For streams, which no verb here reads.
  Transport& transport() { return transport_; }

 private:
  // Which failures are tried again.
  enum class Retry { kAll, kRefusals };

  // `verb` and `what` name it in metrics and messages.
  Result<std::string> Perform(std::string_view verb, const std::string& what,
                              const Request& request, Retry retry, const Call& call);
  Result<Response> Try(std::string_view verb, const Request& request, Deadline deadline,
                       const std::stop_token& stop);
  Deadline::Clock::duration Jittered(Deadline::Clock::duration pause);

  Transport& transport_;
  metrics::Registry& registry_;
  const Options options_;
  RateLimiter limiter_;
  std::mutex random_mutex_;
  RandomSource random_;
};

}  // namespace kubediag::kube
