#include "bench/generated_profile.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <random>

#include "test/plugins/go_profiler/support/proto_writer.h"

namespace kubediag::bench {
namespace {

using testing::ProtoWriter;

constexpr uint32_t kLocationsPerFunction = 3;
constexpr uint32_t kCallees = 6;
constexpr uint32_t kMaxDepth = 64;
constexpr uint32_t kMaxCut = 24;
constexpr uint32_t kPods = 200;
constexpr uint32_t kThreads = 32;
constexpr int64_t kPeriodNanos = 10'000'000;
constexpr std::array<const char*, 6> kVerbs = {"get", "list", "watch", "create", "update", "patch"};
constexpr std::array<const char*, 5> kPackages = {"net/http", "encoding/json",
                                                  "k8s.io/apiserver/pkg/endpoints", "runtime",
                                                  "github.com/example/service/internal/storage"};

// std::mt19937_64 is the same everywhere; the standard distributions are not.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>((engine_() >> 32) % bound); }

 private:
  std::mt19937_64 engine_;
};

class Strings {
 public:
  Strings() { Add(""); }
  uint64_t Add(std::string text) {
    all_.push_back(std::move(text));
    return all_.size() - 1;
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

// The locations of function f are 3f+1 … 3f+3; each is a call from it to some callees of its own.
class Walk {
 public:
  Walk(Random& random, uint32_t functions) : random_(random), functions_(functions) {}

  // The next stack, root first: the last one, cut somewhere and continued elsewhere.
  const std::vector<uint32_t>& Next() {
    if (!stack_.empty()) {
      const uint32_t cut = 1 + random_.Below(kMaxCut);
      stack_.resize(stack_.size() > cut ? stack_.size() - cut : 0);
    }
    const uint32_t depth = 8 + random_.Below(17) + random_.Below(17);
    while (stack_.size() < std::min(depth, kMaxDepth)) {
      const uint32_t caller = stack_.empty() ? 0 : (stack_.back() - 1) / kLocationsPerFunction;
      const uint32_t nth = std::min(random_.Below(kCallees), random_.Below(kCallees));
      const uint32_t callee = (caller * kCallees + nth + 1) * 2654435761U % functions_;
      const uint32_t site = std::min(random_.Below(kLocationsPerFunction), random_.Below(8));
      stack_.push_back(callee * kLocationsPerFunction + site + 1);
    }
    return stack_;
  }

 private:
  Random& random_;
  uint32_t functions_;
  std::vector<uint32_t> stack_;
};

// Ids in order of first use, as Go's runtime gives them: hot locations have short ones.
class FirstUse {
 public:
  explicit FirstUse(uint32_t count) : ids_(count + 1) {}
  uint32_t Id(uint32_t location) {
    if (ids_[location] == 0) {
      order_.push_back(location);
      ids_[location] = static_cast<uint32_t>(order_.size());
    }
    return ids_[location];
  }
  const std::vector<uint32_t>& order() const { return order_; }

 private:
  std::vector<uint32_t> ids_;
  std::vector<uint32_t> order_;
};

std::string Label(uint64_t key, uint64_t text) {
  return ProtoWriter().Number(1, key).Number(2, text).bytes();
}

}  // namespace

std::string GenerateProfile(const GeneratedProfileSize& size) {
  Random random(size.seed);
  Strings strings;
  ProtoWriter out;
  const uint64_t samples = strings.Add("samples");
  const uint64_t count = strings.Add("count");
  const uint64_t cpu = strings.Add("cpu");
  const uint64_t nanoseconds = strings.Add("nanoseconds");
  out.Message(1, ProtoWriter().Number(1, samples).Number(2, count));
  out.Message(1, ProtoWriter().Number(1, cpu).Number(2, nanoseconds));
  out.Number(9, 1'700'000'000'000'000'000);
  out.Number(10, 30'000'000'000);
  out.Message(11, ProtoWriter().Number(1, cpu).Number(2, nanoseconds));
  out.Number(12, kPeriodNanos);

  const uint64_t pod_key = strings.Add("pod");
  const uint64_t verb_key = strings.Add("verb");
  std::vector<uint64_t> pods;
  pods.reserve(kPods);
  for (uint32_t i = 0; i < kPods; ++i) pods.push_back(strings.Add("service-" + std::to_string(i)));
  std::vector<uint64_t> verbs;
  verbs.reserve(kVerbs.size());
  for (const char* verb : kVerbs) verbs.push_back(strings.Add(verb));

  // Threads take turns being sampled, so neighbours in the profile are seldom from one request.
  std::vector<Walk> threads(kThreads, Walk(random, size.functions));
  FirstUse locations(size.functions * kLocationsPerFunction);
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < size.samples; ++i) {
    const std::vector<uint32_t>& stack = threads[random.Below(kThreads)].Next();
    ids.clear();
    for (size_t frame = stack.size(); frame-- > 0;) ids.push_back(locations.Id(stack[frame]));
    const int64_t hits = 1 + std::min(random.Below(30), random.Below(30)) / 8;
    ProtoWriter sample;
    sample.Number(2, static_cast<uint64_t>(hits)).Signed(2, hits * kPeriodNanos);
    sample.Packed(1, std::span<const uint32_t>(ids));
    if (random.Below(3) != 0) {
      sample.Bytes(3, Label(pod_key, pods[random.Below(kPods)]));
      sample.Bytes(3, Label(verb_key, verbs[random.Below(static_cast<uint32_t>(verbs.size()))]));
    }
    out.Message(2, sample);
  }

  const uint64_t binary = strings.Add("/usr/local/bin/service");
  out.Message(
      3, ProtoWriter().Number(1, 1).Number(2, 0x400000).Number(3, 0x9000000).Number(5, binary));
  for (const uint32_t site : locations.order()) {
    const uint32_t function = (site - 1) / kLocationsPerFunction;
    ProtoWriter location;
    location.Number(1, locations.Id(site)).Number(2, 1).Number(3, 0x400000 + uint64_t{site} * 97);
    if (site % 5 == 0) {
      const uint32_t inlined = (function * 31 + 7) % size.functions;
      location.Message(4, ProtoWriter().Number(1, inlined + 1).Number(2, 10 + site % 90));
    }
    location.Message(4, ProtoWriter().Number(1, function + 1).Number(2, 100 + site % 900));
    out.Message(4, location);
  }
  for (uint32_t f = 0; f < size.functions; ++f) {
    const std::string package = kPackages[f % kPackages.size()];
    const uint64_t name =
        strings.Add(package + ".(*worker" + std::to_string(f % 97) + ").step" + std::to_string(f));
    const uint64_t file = strings.Add("/go/src/" + package + "/file" + std::to_string(f) + ".go");
    out.Message(
        5, ProtoWriter().Number(1, f + 1).Number(2, name).Number(3, name).Number(4, file).Number(
               5, f));
  }
  for (const std::string& text : strings.all()) out.Bytes(6, text);
  return out.bytes();
}

std::vector<uint8_t> Gzip(const std::string& bytes) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
  std::vector<uint8_t> out(libdeflate_gzip_compress_bound(compressor, bytes.size()));
  out.resize(
      libdeflate_gzip_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace kubediag::bench
