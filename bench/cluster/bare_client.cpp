// kubediag-bare-client KUBECONFIG NODE FOLDER FSYNCS: what a diagnosis of an API server's heap
// costs at the least.
//
// For each Diagnosis of the node it makes the requests that the agent makes, over the same client,
// with the same identity: the watch, OperationSet and Operation, the claim, the Secret, the profile
// (libcurl, in this process, a connection of its own, as it is another server's for all anybody
// knows), the result, two Events; and as many fsyncs, the first two of them while the claim is
// under way, as the agent does. Nothing else: no journal, no module, no process, no analysis, no
// page.
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include "bench/cluster/diagnosis_watch.h"
#include "engine/api/conditions.h"
#include "engine/api/time.h"
#include "engine/core/file.h"
#include "engine/kube/cpprest_transport.h"
#include "engine/kube/event_recorder.h"
#include "engine/kube/kube_store.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::bench {
namespace {

constexpr char kPrefix[] = "param.diagnoser.runtime.go_profiler.";
constexpr char kResultPrefix[] = "diagnoser.runtime.go_profiler.result.";

size_t Append(char* bytes, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, size * count);
  return size * count;
}

Result<std::string> Fetch(const std::string& url, const api::Secret& secret) {
  CURL* const easy = curl_easy_init();
  std::string body;
  const std::string authorization = "Authorization: Bearer " + secret.data.at("token");
  curl_slist* const headers = curl_slist_append(nullptr, authorization.c_str());
  const std::string& authority = secret.data.at("ca.crt");
  curl_blob ca{.data = const_cast<char*>(authority.data()),  // NOLINT: it is only read
               .len = authority.size(),
               .flags = CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(easy);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  if (code != CURLE_OK) return Status::Unavailable(url + ": " + curl_easy_strerror(code));
  return body;
}

class BareClient {
 public:
  BareClient(kube::Transport& transport, const std::string& node, const std::string& folder,
             int fsyncs)
      : client_(transport, registry_, {.requests_per_second = 1e6, .burst = 1e6}),
        events_(transport, registry_,
                {.controller = "bare-client", .instance = node, .per_second = 1e6, .burst = 1e6}),
        store_(client_, events_, registry_, {.node_name = node}),
        folder_(MakeDirectory(folder).value()),
        fsyncs_(fsyncs),
        watch_(transport, node, [this](const api::Diagnosis& diagnosis) { Take(diagnosis); }) {}

  void Run(const std::atomic<bool>& ends) {
    while (!ends) {
      std::unique_lock lock(mutex_);
      if (!came_.wait_for(lock, milliseconds(100), [this] { return !queue_.empty(); })) continue;
      api::Diagnosis diagnosis = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      if (const Status done = Diagnose(diagnosis); !done.ok()) {
        fprintf(stderr, "%s: %s\n", diagnosis.metadata.name.c_str(), done.ToString().c_str());
      }
    }
  }

 private:
  void Take(const api::Diagnosis& diagnosis) {
    if (diagnosis.status.phase != api::Phase::kNone) return;
    store_.Remember(diagnosis);
    const std::lock_guard lock(mutex_);
    queue_.push_back(diagnosis);
    came_.notify_one();
  }

  Status Sync(int count, const std::string& name) const {
    KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd file,
                              OpenAt(folder_.get(), name, O_WRONLY | O_CREAT | O_APPEND));
    for (int i = 0; i < count; ++i) {
      KUBEDIAG_RETURN_IF_ERROR(WriteAll(file.get(), "a record of a journal"));
      if (fsync(file.get()) != 0) return Status::FromErrno("fsync", errno);
    }
    return Status::Ok();
  }

  Status Save(const std::string& name, const std::string& profile) const {
    KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd file,
                              OpenAt(folder_.get(), name, O_WRONLY | O_CREAT | O_TRUNC));
    KUBEDIAG_RETURN_IF_ERROR(WriteAll(file.get(), profile));
    if (fsync(file.get()) != 0) return Status::FromErrno("fsync", errno);
    return Status::Ok();
  }

  Status Claim(api::Diagnosis& diagnosis) {
    const api::Time now = api::Now();
    diagnosis.status.phase = api::Phase::kRunning;
    diagnosis.status.start_time = now;
    diagnosis.status.heartbeat_time = now;
    diagnosis.status.claim =
        api::Claim{.instance = "bare", .time = now, .operation_set_hash = std::string(64, 'a')};
    api::SetCondition(diagnosis.status.conditions,
                      {.type = api::kConditionAccepted,
                       .status = api::kConditionTrue,
                       .last_transition_time = {},
                       .reason = api::kReasonDiagnosisAccepted,
                       .message = "Diagnosis is accepted"},
                      now);
    return store_.WriteStatus(diagnosis);
  }

  Status Diagnose(api::Diagnosis& diagnosis) {
    const auto& parameters = diagnosis.spec.parameters;
    const auto parameter = [&](const std::string& key) { return parameters.at(kPrefix + key); };
    const std::string name = diagnosis.metadata.uid;
    KUBEDIAG_ASSIGN_OR_RETURN(const api::OperationSet set,
                              store_.GetOperationSet(diagnosis.spec.operation_set));
    KUBEDIAG_RETURN_IF_ERROR(store_.GetOperation(set.adjacency_list.at(1).operation).status());
    std::future<Status> claimed = std::async(std::launch::async, [&] { return Claim(diagnosis); });
    const Status begun = Sync(2, name + ".journal");
    KUBEDIAG_RETURN_IF_ERROR(claimed.get());
    KUBEDIAG_RETURN_IF_ERROR(begun);
    KUBEDIAG_ASSIGN_OR_RETURN(const api::Secret secret,
                              store_.GetSecret(parameter("tls.secret_reference.namespace"),
                                               parameter("tls.secret_reference.name")));
    KUBEDIAG_RETURN_IF_ERROR(Sync(1, name + ".journal"));
    KUBEDIAG_ASSIGN_OR_RETURN(const std::string profile,
                              Fetch(parameter("source") + "/debug/pprof/heap", secret));
    KUBEDIAG_RETURN_IF_ERROR(Save(name + ".prof", profile));
    KUBEDIAG_RETURN_IF_ERROR(Sync(fsyncs_ - 4, name + ".journal"));
    store_.RecordEvent(diagnosis, {.type = store::EventType::kNormal,
                                   .reason = "OperationSucceeded",
                                   .message = "operation go-profiler succeeded"});
    KUBEDIAG_RETURN_IF_ERROR(Finish(diagnosis, profile.size()));
    store_.RecordEvent(diagnosis, {.type = store::EventType::kNormal,
                                   .reason = "DiagnosisSucceeded",
                                   .message = "the heap is there"});
    return Status::Ok();
  }

  Status Finish(api::Diagnosis& diagnosis, size_t bytes) {
    const api::Time now = api::Now();
    api::DiagnosisStatus& status = diagnosis.status;
    status.phase = api::Phase::kSucceeded;
    status.completion_time = now;
    status.message = "go-profiler: " + std::to_string(bytes) + " bytes of heap profile";
    for (const char* const key :
         {"endpoint", "file", "sample_type", "sha256", "size", "summary", "top", "total"}) {
      status.operation_results[std::string(kResultPrefix) + key] = std::string(80, 'x');
    }
    status.operations = {{.id = 1,
                          .operation = "go-profiler",
                          .phase = "Succeeded",
                          .reason = {},
                          .message = std::string(150, 'x'),
                          .start_time = now,
                          .completion_time = now,
                          .attempts = 1}};
    status.succeeded_path = {{.id = 1, .to = {}, .operation = "go-profiler", .dependences = {}}};
    status.artifacts = {{.key = std::string(kResultPrefix) + "file",
                         .path = std::string(120, 'x'),
                         .size = static_cast<int64_t>(bytes),
                         .sha256 = std::string(64, 'a')}};
    for (const char* const type : {api::kConditionComplete, api::kConditionFinished}) {
      api::SetCondition(status.conditions,
                        {.type = type,
                         .status = api::kConditionTrue,
                         .last_transition_time = {},
                         .reason = api::kReasonDiagnosisComplete,
                         .message = "Diagnosis is completed"},
                        now);
    }
    return store_.WriteStatus(diagnosis);
  }

  metrics::Registry registry_;
  kube::ApiClient client_;
  kube::EventRecorder events_;
  kube::KubeStore store_;
  const UniqueFd folder_;
  const int fsyncs_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<api::Diagnosis> queue_;
  DiagnosisWatch watch_;
};

std::atomic<bool> ends = false;

}  // namespace
}  // namespace kubediag::bench

int main(int argc, char** argv) {
  using namespace kubediag;  // NOLINT(google-build-using-namespace)
  if (argc != 5) {
    fprintf(stderr, "usage: kubediag-bare-client KUBECONFIG NODE FOLDER FSYNCS\n");
    return 2;
  }
  kube::InitializeHttpLibrary();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto config =
      kubeconfig::LoadClusterConfig({.kubeconfig = argv[1], .context = {}, .surroundings = {}});
  if (!config.ok()) {
    fprintf(stderr, "%s\n", config.status().ToString().c_str());
    return 1;
  }
  auto transport = kube::MakeTransport(*std::move(config), {.user_agent = "bare-client"});
  if (!transport.ok()) {
    fprintf(stderr, "%s\n", transport.status().ToString().c_str());
    return 1;
  }
  signal(SIGTERM, [](int) { bench::ends = true; });
  bench::BareClient client(**transport, argv[2], argv[3], std::stoi(argv[4]));
  client.Run(bench::ends);
  return 0;
}
