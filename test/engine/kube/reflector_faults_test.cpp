// The Reflector against a server with a history, and faults wherever they can come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "engine/core/limits.h"
#include "engine/kube/reflector.h"
#include "test/engine/kube/change_recorder.h"
#include "test/engine/kube/fake_clock.h"
#include "test/engine/kube/model_server.h"

namespace kubediag::kube {
namespace {

using Fault = ModelServer::Fault;

struct Scene {
  Scene() {
    watched.resource = kDiagnoses;
    watched.field_selector = "spec.nodeName=node-1";
    watched.is_selected = [](const api::Object&) { return true; };
  }
  void Run() {
    Reflector reflector(watched,
                        {server, cache, recorder, metrics, *logger, clock, [] { return 0.3; }});
    reflector.Run(stop.get_token());
  }
  std::map<std::string, std::string> Cached() const {
    std::map<std::string, std::string> versions;
    for (const ObjectPtr& object : cache.List()) {
      versions[object->metadata().uid] = object->metadata().resource_version;
    }
    return versions;
  }

  FakeClock clock;
  ModelServer server{clock};
  ObjectCache cache;
  ChangeRecorder recorder;
  metrics::Registry metrics;
  std::unique_ptr<Logger> logger = MakeNullLogger();
  WatchedResource watched;
  std::stop_source stop;
};

// What one run of changes is told as, the first watch cut after `cut` bytes.
std::vector<std::string> ToldWhenCutAfter(size_t cut, size_t* stream_bytes) {
  Scene scene;
  scene.server.Put("a", "node-1");
  scene.server.Put("b", "node-1");
  scene.server.fault = [&] {
    if (scene.server.watches() != 1) return Fault::kNone;
    // Happens after the list.
    scene.server.Put("c", "node-1");
    scene.server.Put("a", "node-1");
    scene.server.Put("b", "node-2");
    scene.server.Delete("a");
    scene.server.Put("a", "node-1");
    return Fault::kCut;
  };
  scene.server.cut_at = [&](size_t bytes) {
    *stream_bytes = bytes;
    return std::min(cut, bytes);
  };
  scene.server.on_idle = [&] { scene.stop.request_stop(); };
  scene.Run();
  EXPECT_EQ(scene.server.lists(), 1u) << "cut after " << cut;
  EXPECT_EQ(scene.server.watches(), 2u) << "cut after " << cut;
  EXPECT_EQ(scene.Cached(), scene.server.VersionsOn("node-1")) << "cut after " << cut;
  return scene.recorder.texts;
}

TEST(ReflectorFaults, ACutAtAnyByteLosesNothingAndDoublesNothing) {
  size_t bytes = 0;
  const std::vector<std::string> expected = ToldWhenCutAfter(std::string::npos, &bytes);
  EXPECT_THAT(expected, testing::ElementsAre("added uid-1@101", "added uid-2@102", "synced",
                                             "added uid-3@103", "updated uid-1@104",
                                             "removed uid-2@105 deleted",
                                             "removed uid-1@106 deleted", "added uid-4@107"));
  ASSERT_GT(bytes, 1500u);
  const size_t size = bytes;
  for (size_t cut = 0; cut <= size; ++cut) {
    ASSERT_EQ(ToldWhenCutAfter(cut, &bytes), expected) << "cut after " << cut << " of " << size;
  }
  RecordProperty("cuts", std::to_string(size + 1));
}

class RandomFaults : public testing::TestWithParam<unsigned> {};

TEST_P(RandomFaults, EndWithTheTruth) {
  Scene scene;
  std::minstd_rand random(GetParam());
  const auto pick = [&](size_t n) { return static_cast<size_t>(random() >> 8) % n; };
  scene.server.piece_bytes = 1 + pick(300);
  scene.recorder.keeps_texts = false;
  size_t requests = 0;
  constexpr size_t kFaulty = 800;
  scene.server.fault = [&] {
    if (++requests > kFaulty) return Fault::kNone;
    for (size_t i = pick(6); i > 0; --i) {
      const std::string name = "d" + std::to_string(pick(8));
      if (pick(4) == 0) {
        scene.server.Delete(name);
      } else {
        scene.server.Put(name, pick(3) == 0 ? "node-2" : "node-1");
      }
    }
    if (pick(20) == 0) scene.server.ForgetHistory();
    constexpr Fault kFaults[] = {Fault::kNone,  Fault::kCut,       Fault::kCut,
                                 Fault::kCut,   Fault::kRefused,   Fault::kGone,
                                 Fault::kError, Fault::kThrottled, Fault::kGoneInStream,
                                 Fault::kNone,  Fault::kGarbage};
    return kFaults[pick(std::size(kFaults))];
  };
  scene.server.cut_at = [&](size_t bytes) { return pick(bytes + 1); };
  scene.server.on_idle = [&] {
    if (requests > kFaulty + 2) scene.stop.request_stop();
  };
  scene.Run();
  EXPECT_EQ(scene.Cached(), scene.server.VersionsOn("node-1"));
  EXPECT_EQ(scene.recorder.versions, scene.server.VersionsOn("node-1"));
  EXPECT_GT(scene.recorder.count, 100u);
}
INSTANTIATE_TEST_SUITE_P(ReflectorFaults, RandomFaults, testing::Range(1u, 21u));

TEST(ReflectorFaults, AnUnreachableServerIsAskedNowAndThen) {
  Scene scene;
  const Clock::TimePoint start = scene.clock.Now();
  size_t requests = 0;
  scene.server.fault = [&] {
    ++requests;
    if (scene.clock.Now() - start > std::chrono::minutes(10)) scene.stop.request_stop();
    return Fault::kRefused;
  };
  scene.Run();
  EXPECT_LT(requests, 25u);
  EXPECT_GT(requests, 10u);
}

// 1000 watchers of one server that comes back: their requests are spread over half a minute.
TEST(ReflectorFaults, ManyWatchersDoNotComeBackTogether) {
  std::minstd_rand seeds(7);
  std::vector<double> returns;
  for (int i = 0; i < 1000; ++i) {
    Scene scene;
    auto random = [engine = std::minstd_rand(seeds())]() mutable {
      return std::generate_canonical<double, 24>(engine);
    };
    const Clock::TimePoint start = scene.clock.Now();
    scene.server.fault = [&] {
      const auto passed = scene.clock.Now() - start;
      if (passed < std::chrono::minutes(10)) return Fault::kRefused;
      returns.push_back(std::chrono::duration<double>(passed).count());
      scene.stop.request_stop();
      return Fault::kNone;
    };
    Reflector reflector(scene.watched, {scene.server, scene.cache, scene.recorder, scene.metrics,
                                        *scene.logger, scene.clock, random});
    reflector.Run(scene.stop.get_token());
  }
  std::sort(returns.begin(), returns.end());
  EXPECT_GT(returns.back() - returns.front(), 30);
  size_t most_in_a_second = 0;
  for (size_t i = 0; i < returns.size(); ++i) {
    const auto end = std::upper_bound(returns.begin(), returns.end(), returns[i] + 1);
    most_in_a_second = std::max(most_in_a_second, static_cast<size_t>(end - returns.begin()) - i);
  }
  EXPECT_LT(most_in_a_second, 100u);
  RecordProperty("most_in_a_second", std::to_string(most_in_a_second));
}

size_t HeapInUse() { return mallinfo2().uordblks; }

// Events are read and forgotten: what is kept is ten objects, whatever passes.
TEST(ReflectorFaults, AFloodLeavesMemoryFlat) {
  class Flood : public Transport {
   public:
    explicit Flood(std::stop_source& stop) : stop_(stop) {}
    Result<Response> Send(const Request&, Deadline, const std::stop_token&) override {
      return Response{200, ListJson(1, {}), {}};
    }
    Result<Response> Stream(const Request&, std::chrono::seconds, const OnBytes& on_bytes,
                            const std::stop_token&) override {
      const std::string message(4000, 'x');
      for (int version = 2; version < 50'000; ++version) {
        const std::string name = std::to_string(version % 10);
        const DiagnosisText text{
            .name = name, .uid = "uid-" + name, .version = version, .message = message};
        const std::string line = EventLine("MODIFIED", text.Json());
        bytes += line.size();
        if (Status status = on_bytes(line); !status.ok()) return status;
        if (version == 1000) early = HeapInUse();
      }
      late = HeapInUse();
      stop_.request_stop();
      return Response{200, "", {}};
    }
    size_t bytes = 0;
    size_t early = 0;
    size_t late = 0;

   private:
    std::stop_source& stop_;
  };

  Scene scene;
  scene.recorder.keeps_texts = false;
  Flood flood(scene.stop);
  Reflector reflector(scene.watched, {flood, scene.cache, scene.recorder, scene.metrics,
                                      *scene.logger, scene.clock, NoRandom()});
  reflector.Run(scene.stop.get_token());
  EXPECT_EQ(scene.cache.size(), 10u);
  EXPECT_EQ(scene.recorder.count, 49'998u);
  EXPECT_LT(flood.late, flood.early + 64 * kKiB);
  std::printf("flood: %zu MB passed, heap in use %zu KiB early, %zu KiB late\n",
              flood.bytes / 1'000'000, flood.early / kKiB, flood.late / kKiB);
}

}  // namespace
}  // namespace kubediag::kube
