// Requests to a real API server: run by test/cluster/plane/run, which sets KUBECONFIG and PATH.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "engine/kube/api_error.h"
#include "engine/kube/cpprest_transport.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/kube_store.h"
#include "engine/kube/watch_decoder.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Shell(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed (failed)";
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), got);
  }
  if (pclose(pipe) != 0) output += " (failed)";
  return output;
}

std::string DiagnosisJson(const std::string& name, const std::string& node = "node-1") {
  return R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis","metadata":{"name":")" +
         name + R"(","namespace":"default"},"spec":{"operationSet":"set","nodeName":")" + node +
         R"("}})";
}

size_t ResidentKib() {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) / kKiB;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <typename Function>
double MillisecondsOf(const Function& function) {
  const auto begin = Deadline::Clock::now();
  function();
  return std::chrono::duration<double, std::milli>(Deadline::Clock::now() - begin).count();
}

class FixedCredentials : public kubeconfig::CredentialSource {
 public:
  explicit FixedCredentials(kubeconfig::Credential credential)
      : credential_(std::move(credential)) {}
  Result<kubeconfig::Credential> Get() override { return credential_; }
  void Invalidate(const kubeconfig::Credential&) override {}

 private:
  const kubeconfig::Credential credential_;
};

class RequestsPlaneTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (getenv("KUBECONFIG") == nullptr) GTEST_SKIP() << "needs test/cluster/plane/run";
    InitializeHttpLibrary();
    const std::string crds = KUBEDIAG_SOURCE_DIR "/manifests/base/crds";
    std::string applied = Shell("kubectl apply -f " + crds + "/diagnoses.yaml -f " + crds +
                                "/operationsets.yaml -f " + crds + "/operations.yaml");
    applied += Shell("kubectl wait --for=condition=Established crd --all --timeout=60s");
    ASSERT_THAT(applied, Not(HasSubstr("(failed)"))) << applied;
  }

  void SetUp() override {
    if (getenv("KUBECONFIG") == nullptr) GTEST_SKIP() << "needs test/cluster/plane/run";
    auto config = kubeconfig::LoadClusterConfig({});
    ASSERT_TRUE(config.ok()) << config.status().ToString();
    config_ = *std::move(config);
    transport_ = Make(config_);
    client_ = std::make_unique<ApiClient>(*transport_, registry_);
    events_ = std::make_unique<EventRecorder>(
        *transport_, registry_,
        EventRecorderOptions{.controller = "diagnosis.kubediag.org/agent", .instance = "node-1"});
    store_ = std::make_unique<KubeStore>(*client_, *events_, registry_,
                                         KubeStoreOptions{.node_name = "node-1"});
  }

  static std::unique_ptr<Transport> Make(const kubeconfig::ClusterConfig& config) {
    auto transport = MakeTransport(config, {.user_agent = "kubediag-test/1"});
    EXPECT_TRUE(transport.ok()) << transport.status().ToString();
    return *std::move(transport);
  }

  api::Diagnosis Create(const std::string& name, const std::string& node = "node-1") {
    const auto created = client_->Create(kDiagnoses, "default", DiagnosisJson(name, node));
    EXPECT_TRUE(created.ok()) << created.status().ToString();
    auto diagnosis = store_->GetDiagnosis("default", name);
    EXPECT_TRUE(diagnosis.ok()) << diagnosis.status().ToString();
    return *std::move(diagnosis);
  }

  kubeconfig::ClusterConfig config_;
  metrics::Registry registry_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<EventRecorder> events_;
  std::unique_ptr<KubeStore> store_;
};

TEST_F(RequestsPlaneTest, VerbsDoWhatTheySay) {
  const std::string name = "verbs";
  ASSERT_TRUE(client_->Create(kDiagnoses, "default", DiagnosisJson(name)).ok());
  EXPECT_EQ(client_->Create(kDiagnoses, "default", DiagnosisJson(name)).status().code(),
            StatusCode::kAlreadyExists);
  const auto body = client_->Get(kDiagnoses, "default", name);
  ASSERT_TRUE(body.ok()) << body.status().ToString();
  const auto object = ParseJsonMap(*body);
  ASSERT_TRUE(object.ok());
  const std::string version = TextAt(*MapAt(*object, "metadata"), "resourceVersion");

  const auto patched = client_->MergePatch(
      kDiagnoses, "default", name, "",
      R"({"metadata":{"resourceVersion":")" + version + R"(","labels":{"a":"b"}}})");
  ASSERT_TRUE(patched.ok()) << patched.status().ToString();
  EXPECT_THAT(*patched, HasSubstr(R"("a":"b")"));
  const auto stale = client_->PutStatus(kDiagnoses, "default", name, *body);
  EXPECT_EQ(stale.status().reason(), "Conflict") << stale.status().ToString();
  EXPECT_TRUE(client_->PutStatus(kDiagnoses, "default", name, *patched).ok());

  EXPECT_EQ(client_->Delete(kDiagnoses, "default", name, {.uid = "other"}).reason(), "Conflict");
  EXPECT_TRUE(client_->Delete(kDiagnoses, "default", name, {}).ok());
  EXPECT_EQ(client_->Get(kDiagnoses, "default", name).status().code(), StatusCode::kNotFound);
}

TEST_F(RequestsPlaneTest, RefusalsCarryTheServersWords) {
  const Status invalid =
      client_
          ->Create(kDiagnoses, "default",
                   R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis",)"
                   R"("metadata":{"name":"neither"},"spec":{"operationSet":"s"}})")
          .status();
  EXPECT_EQ(invalid.reason(), "Invalid") << invalid.ToString();
  EXPECT_THAT(invalid.message(), HasSubstr("nodeName"));
  kubeconfig::Credential wrong;
  wrong.token = "wrong";
  auto config = config_;
  config.credentials = std::make_shared<FixedCredentials>(wrong);
  const auto transport = Make(config);
  ApiClient stranger(*transport, registry_);
  EXPECT_EQ(stranger.Get(kDiagnoses, "default", "x").status().reason(), "Unauthorized");
}

TEST_F(RequestsPlaneTest, ImpersonatedUserIsJudgedByItsGroups) {
  auto own = config_.credentials->Get();
  ASSERT_TRUE(own.ok());
  for (const bool master : {false, true}) {
    kubeconfig::Credential credential = *own;
    credential.impersonation.user = "jane";
    credential.impersonation.groups = {"nobody", "system:authenticated"};
    if (master) credential.impersonation.groups.emplace_back("system:masters");
    auto config = config_;
    config.credentials = std::make_shared<FixedCredentials>(credential);
    const auto transport = Make(config);
    ApiClient jane(*transport, registry_);
    const Status answer = jane.Get(kSecrets, "default", "absent").status();
    EXPECT_EQ(answer.reason(), master ? "NotFound" : "Forbidden") << answer.ToString();
  }
}

TEST_F(RequestsPlaneTest, StatusWritesMergeConflictAndRemove) {
  api::Diagnosis diagnosis = Create("status");
  api::Diagnosis stale = diagnosis;
  diagnosis.status.phase = api::Phase::kRunning;
  diagnosis.status.claim =
      api::Claim{.instance = "me", .time = api::Time(), .operation_set_hash = "hash"};
  diagnosis.status.operation_results = {{"one", "1"}, {"two", "\u00fc\"\\\n"}};
  Status written = store_->WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  stale.status.phase = api::Phase::kFailed;
  written = store_->WriteStatus(stale);
  EXPECT_EQ(written.reason(), "Conflict") << written.ToString();

  diagnosis.status.operation_results = {{"two", "\u00fc\"\\\n"}, {"three", "3"}};
  diagnosis.status.phase = api::Phase::kSucceeded;
  written = store_->WriteStatus(diagnosis);
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto read = store_->GetDiagnosis("default", "status");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->status.operation_results, diagnosis.status.operation_results);
  EXPECT_EQ(read->status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(read->metadata.resource_version, diagnosis.metadata.resource_version);
  EXPECT_EQ(read->status.claim->instance, "me");
}

TEST_F(RequestsPlaneTest, NamesakeNeverGetsTheOthersResult) {
  api::Diagnosis first = Create("namesake");
  ASSERT_TRUE(client_->Delete(kDiagnoses, "default", "namesake", {}).ok());
  const api::Diagnosis second = Create("namesake");
  ASSERT_NE(first.metadata.uid, second.metadata.uid);
  first.status.phase = api::Phase::kSucceeded;
  EXPECT_EQ(store_->WriteStatus(first).reason(), "Conflict");
  EXPECT_EQ(store_->GetDiagnosis("default", "namesake")->status.phase, second.status.phase);
}

TEST_F(RequestsPlaneTest, ListsThePartOfOneNode) {
  Create("here");
  Create("elsewhere", "node-2");
  const auto diagnoses = store_->ListDiagnoses();
  ASSERT_TRUE(diagnoses.ok()) << diagnoses.status().ToString();
  bool here = false;
  for (const api::Diagnosis& diagnosis : *diagnoses) {
    EXPECT_EQ(diagnosis.spec.node_name, "node-1");
    here |= diagnosis.metadata.name == "here";
  }
  EXPECT_TRUE(here);
  EXPECT_THAT(registry_.Text(),
              HasSubstr("kubediag_list_client_side_filter{resource=\"diagnoses\"} 0"));
}

TEST_F(RequestsPlaneTest, ListOfManyPagesIsWholeAndOfOneVersion) {
  ApiClient quick(*transport_, registry_, {.requests_per_second = 1e6, .burst = 1e6});
  constexpr int kObjects = 501;
  for (int i = 0; i < kObjects; ++i) {
    const std::string name = "many-" + std::to_string(i);
    ASSERT_TRUE(quick.Create(kDiagnoses, "default", DiagnosisJson(name, "many")).ok());
  }
  std::vector<std::string> versions;
  size_t items = 0;
  const auto listed = quick.List(kDiagnoses, "", {.field_selector = "spec.nodeName=many"},
                                 [&](const ListPage& page) {
                                   versions.push_back(page.resource_version);
                                   items += ListAt(page.document, "items")->items.size();
                                   return Status::Ok();
                                 });
  ASSERT_TRUE(listed.ok()) << listed.status().ToString();
  EXPECT_EQ(items, static_cast<size_t>(kObjects));
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0], versions[1]);
}

TEST_F(RequestsPlaneTest, EventsAreThoseThatKubectlDescribes) {
  const api::Diagnosis diagnosis = Create("told");
  for (int i = 0; i < 2; ++i) {
    store_->RecordEvent(diagnosis, {.type = store::EventType::kWarning,
                                    .reason = "OperationFailed",
                                    .message = "it broke: \u00fc" + std::string(2000, 'x')});
  }
  ASSERT_TRUE(events_->Flush(Deadline::After(seconds(20))));
  EXPECT_THAT(registry_.Text(), Not(HasSubstr("kubediag_events_dropped_total")));
  const std::string described = Shell("kubectl describe diagnosis told");
  EXPECT_THAT(described, HasSubstr("OperationFailed"));
  EXPECT_THAT(described, HasSubstr("it broke: \u00fc"));
  EXPECT_THAT(Shell("kubectl get events.events.k8s.io -o jsonpath='{.items[*].series.count}'"),
              HasSubstr("2"));
}

TEST_F(RequestsPlaneTest, StreamOfAWatchBringsAnEventAtOnceAndStopsAtOnce) {
  const auto target = CollectionTarget(
      kDiagnoses, "", {{"watch", "1"}, {"fieldSelector", "spec.nodeName=watched"}});
  std::stop_source stop;
  std::atomic<Deadline::Clock::rep> arrived = 0;
  std::atomic<Deadline::Clock::rep> ended = 0;
  Status end;
  std::jthread reader([&] {
    WatchDecoder decoder;
    const auto on_event = [&](const WatchEvent& event) {
      if (event.type == WatchEventType::kAdded) {
        arrived = Deadline::Clock::now().time_since_epoch().count();
        arrived.notify_all();
      }
      return Status::Ok();
    };
    end = transport_
              ->Stream(
                  {.target = *target}, seconds(60),
                  [&](std::string_view bytes) { return decoder.Add(bytes, on_event); },
                  stop.get_token())
              .status();
    ended = Deadline::Clock::now().time_since_epoch().count();
  });
  std::vector<double> latencies;
  for (int i = 0; i < 30; ++i) {
    arrived = 0;
    const auto begin = Deadline::Clock::now().time_since_epoch().count();
    const std::string name = "watched-" + std::to_string(i);
    ASSERT_TRUE(client_->Create(kDiagnoses, "default", DiagnosisJson(name, "watched")).ok());
    arrived.wait(0);
    // The first ones may be older than the watch.
    if (i >= 5) latencies.push_back(static_cast<double>(arrived - begin) / 1e6);
  }
  const auto stopped = Deadline::Clock::now().time_since_epoch().count();
  stop.request_stop();
  reader.join();
  EXPECT_EQ(end.code(), StatusCode::kCancelled) << end.ToString();
  EXPECT_LT(ended - stopped, 1'000'000'000);
  printf("create -> event: median %.2f ms; stop -> end: %.2f ms\n", Median(latencies),
         static_cast<double>(ended - stopped) / 1e6);
}

TEST_F(RequestsPlaneTest, PrintsWhatRequestsCost) {
  api::Diagnosis diagnosis = Create("cost");
  std::vector<double> gets;
  std::vector<double> writes;
  for (int i = 0; i < 100; ++i) {
    gets.push_back(
        MillisecondsOf([&] { EXPECT_TRUE(client_->Get(kDiagnoses, "default", "cost").ok()); }));
    diagnosis.status.message = std::to_string(i);
    writes.push_back(MillisecondsOf([&] {
      const Status written = store_->WriteStatus(diagnosis);
      EXPECT_TRUE(written.ok()) << written.ToString();
    }));
  }
  printf("GET median %.2f ms, status write median %.2f ms, RSS %zu KiB\n", Median(gets),
         Median(writes), ResidentKib());
}

}  // namespace
}  // namespace kubediag::kube
