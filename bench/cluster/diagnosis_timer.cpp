// kubediag-diagnosis-timer: makes Diagnoses and tells when what became of them was visible to a
// client that watches.
//
//   each  KUBECONFIG NAMESPACE PREFIX ROUNDS SPEC NODE...   one at a time, the nodes in turn, the
//   first one another each round burst KUBECONFIG NAMESPACE PREFIX COUNT  SPEC NODE      as many at
//   once as eight connections can create
//
// SPEC is the JSON of spec without nodeName. Prints a line of JSON for each Diagnosis: node, phase,
// times in milliseconds since the API server had accepted it (`sent` is when the request was sent,
// `begun` the first one's of a burst), and, where the result names a page, when that answered a
// request made as soon as the result was seen, and how often it had to be asked. `each` deletes
// what it has made before it makes another.
#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/cluster/diagnosis_watch.h"
#include "engine/api/time.h"
#include "engine/kube/api_client.h"
#include "engine/kube/cpprest_transport.h"
#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

constexpr seconds kPatience{300};
constexpr size_t kCreators = 8;
constexpr char kEndpointKey[] = "diagnoser.runtime.go_profiler.result.endpoint";

double Milliseconds(TimePoint from, TimePoint to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

struct Seen {
  TimePoint running;
  TimePoint ended;
  bool has_ended = false;
  bool succeeded = false;
  std::string url;
};

struct Page {
  TimePoint answered;
  int tries = 0;  // 0: there is none
};

size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }

// Until it answers 200, with a new connection each time.
Page Ask(const std::string& url) {
  Page page;
  const TimePoint end = SteadyClock::now() + seconds(10);
  while (SteadyClock::now() < end) {
    ++page.tries;
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Ignore);
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    page.answered = SteadyClock::now();
    if (code == CURLE_OK) return page;
    std::this_thread::sleep_for(milliseconds(1));
  }
  page.tries = -1;
  return page;
}

class Timer {
 public:
  Timer(kube::Transport& transport, std::string namespace_name, std::string prefix,
        std::string spec)
      : client_(transport, registry_, {.requests_per_second = 1e6, .burst = 1e6}),
        namespace_(std::move(namespace_name)),
        prefix_(std::move(prefix)),
        spec_(std::move(spec)),
        watch_(transport, "", [this](const api::Diagnosis& diagnosis) { Note(diagnosis); }) {}

  bool Each(int rounds, const std::vector<std::string>& nodes) {
    bool sound = true;
    for (int round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < nodes.size(); ++i) {
        const std::string& node = nodes[(i + static_cast<size_t>(round)) % nodes.size()];
        const std::string name = prefix_ + "-" + node + "-" + std::to_string(round);
        sound = One(name, node) && sound;
      }
    }
    return sound;
  }

  bool Burst(int count, const std::string& node) {
    std::atomic<int> next = 0;
    std::atomic<bool> sound = true;
    const TimePoint begun = SteadyClock::now();
    std::vector<std::pair<TimePoint, TimePoint>> times(static_cast<size_t>(count));
    std::vector<std::jthread> creators;
    creators.reserve(kCreators);
    for (size_t i = 0; i < kCreators; ++i) {
      creators.emplace_back([&] {
        for (int number = next++; number < count; number = next++) {
          auto& [sent, accepted] = times[static_cast<size_t>(number)];
          if (!Create(NameOf(number), node, sent, accepted)) sound = false;
        }
      });
    }
    creators.clear();
    for (int number = 0; number < count; ++number) {
      const Seen seen = Await(NameOf(number));
      const auto& [sent, accepted] = times[static_cast<size_t>(number)];
      sound = sound && seen.succeeded;
      Print(NameOf(number), node, begun, sent, accepted, seen, {});
    }
    return sound;
  }

 private:
  std::string NameOf(int number) const { return prefix_ + "-" + std::to_string(number); }

  bool One(const std::string& name, const std::string& node) {
    TimePoint sent;
    TimePoint accepted;
    if (!Create(name, node, sent, accepted)) return false;
    const Seen seen = Await(name);
    Page page;
    if (!seen.url.empty()) page = Ask(seen.url);
    Print(name, node, sent, sent, accepted, seen, page);
    const Status deleted = client_.Delete(kube::kDiagnoses, namespace_, name, {});
    // Its page ends, its Events are sent: nothing of it is to disturb the next one.
    std::this_thread::sleep_for(milliseconds(300));
    return seen.succeeded && page.tries >= 0 && deleted.ok();
  }

  bool Create(const std::string& name, const std::string& node, TimePoint& sent,
              TimePoint& accepted) {
    const std::string body = R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis",)"
                             R"("metadata":{"name":")" +
                             name + R"(","namespace":")" + namespace_ +
                             R"("},"spec":{"nodeName":")" + node + R"(",)" + spec_.substr(1) + "}";
    sent = SteadyClock::now();
    const auto created = client_.Create(kube::kDiagnoses, namespace_, body);
    accepted = SteadyClock::now();
    if (!created.ok()) fprintf(stderr, "%s\n", created.status().ToString().c_str());
    return created.ok();
  }

  void Note(const api::Diagnosis& diagnosis) {
    const TimePoint now = SteadyClock::now();
    const std::lock_guard lock(mutex_);
    Seen& seen = seen_[diagnosis.metadata.name];
    const api::Phase phase = diagnosis.status.phase;
    if (phase == api::Phase::kRunning && seen.running == TimePoint()) seen.running = now;
    if (seen.has_ended || (phase != api::Phase::kSucceeded && phase != api::Phase::kFailed)) return;
    seen.ended = now;
    seen.has_ended = true;
    seen.succeeded = phase == api::Phase::kSucceeded;
    const auto sentence = diagnosis.status.operation_results.find(kEndpointKey);
    if (sentence != diagnosis.status.operation_results.end()) {
      const size_t begin = sentence->second.find("http");
      if (begin != std::string::npos) {
        seen.url = sentence->second.substr(begin, sentence->second.find(',') - begin);
      }
    }
    if (!seen.succeeded) {
      fprintf(stderr, "%s: %s\n", diagnosis.metadata.name.c_str(),
              diagnosis.status.message.c_str());
    }
    changed_.notify_all();
  }

  Seen Await(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return seen_[name].has_ended; });
    return seen_[name];
  }

  static void Print(const std::string& name, const std::string& node, TimePoint begun,
                    TimePoint sent, TimePoint accepted, const Seen& seen, const Page& page) {
    printf(R"({"name":"%s","node":"%s","phase":"%s","sent":%.3f,"running":%.3f,"visible":%.3f,)"
           R"("since_begun":%.3f,"page":%.3f,"tries":%d})"
           "\n",
           name.c_str(), node.c_str(),
           !seen.has_ended  ? "lost"
           : seen.succeeded ? "Succeeded"
                            : "Failed",
           Milliseconds(accepted, sent),
           seen.running == TimePoint() ? 0 : Milliseconds(accepted, seen.running),
           Milliseconds(accepted, seen.ended), Milliseconds(begun, seen.ended),
           page.tries > 0 ? Milliseconds(seen.ended, page.answered) : 0.0, page.tries);
    fflush(stdout);
  }

  metrics::Registry registry_;
  kube::ApiClient client_;
  const std::string namespace_;
  const std::string prefix_;
  const std::string spec_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Seen> seen_;
  DiagnosisWatch watch_;
};

}  // namespace
}  // namespace kubediag::bench

int main(int argc, char** argv) {
  using namespace kubediag;  // NOLINT(google-build-using-namespace)
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool burst = !arguments.empty() && arguments[0] == "burst";
  if (arguments.size() < 7 || (burst && arguments.size() != 7)) {
    fprintf(stderr,
            "usage: kubediag-diagnosis-timer each|burst KUBECONFIG NAMESPACE PREFIX COUNT SPEC "
            "NODE...\n");
    return 2;
  }
  kube::InitializeHttpLibrary();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto config = kubeconfig::LoadClusterConfig(
      {.kubeconfig = arguments[1], .context = {}, .surroundings = {}});
  if (!config.ok()) {
    fprintf(stderr, "%s\n", config.status().ToString().c_str());
    return 1;
  }
  auto transport = kube::MakeTransport(*std::move(config), {.user_agent = "diagnosis-timer"});
  if (!transport.ok()) {
    fprintf(stderr, "%s\n", transport.status().ToString().c_str());
    return 1;
  }
  bench::Timer timer(**transport, arguments[2], arguments[3], arguments[5]);
  std::this_thread::sleep_for(seconds(1));  // until it watches
  const int count = std::stoi(arguments[4]);
  const std::vector<std::string> nodes(arguments.begin() + 6, arguments.end());
  return (burst ? timer.Burst(count, nodes[0]) : timer.Each(count, nodes)) ? 0 : 1;
}
