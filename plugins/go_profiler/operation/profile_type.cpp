#include "plugins/go_profiler/operation/profile_type.h"

#include <algorithm>

namespace kubediag::go_profiler {
namespace {

constexpr std::string_view kProfilingOff =
    "profiling is disabled there (kube-apiserver: --profiling), or the source is not its base URL";
constexpr std::string_view kContentionOff =
    "profiling is disabled there (kube-apiserver: --profiling and --contention-profiling), or the "
    "source is not its base URL";

// As Go's runtime/pprof names them; space and objects are those of heaps in the legacy form.
constexpr std::string_view kCpuSamples[] = {"cpu", "samples"};
constexpr std::string_view kHeapSamples[] = {"inuse_space", "inuse_objects", "space", "objects"};
constexpr std::string_view kAllocsSamples[] = {"alloc_space", "alloc_objects"};
constexpr std::string_view kGoroutineSamples[] = {"goroutine"};
constexpr std::string_view kContentionSamples[] = {"contentions", "delay"};
constexpr std::string_view kThreadcreateSamples[] = {"threadcreate"};

// The first three are KubeDiag 0.2's.
constexpr ProfileType kTypes[] = {
    {"Profile", "profile", true, kProfilingOff, kCpuSamples},
    {"Heap", "heap", false, kProfilingOff, kHeapSamples},
    {"Goroutine", "goroutine", false, kProfilingOff, kGoroutineSamples},
    {"Allocs", "allocs", false, kProfilingOff, kAllocsSamples},
    {"Block", "block", false, kContentionOff, kContentionSamples},
    {"Mutex", "mutex", false, kContentionOff, kContentionSamples},
    {"Threadcreate", "threadcreate", false, kProfilingOff, kThreadcreateSamples},
};

bool Fits(const ProfileType& type, std::span<const std::string_view> sample_types) {
  return std::ranges::find_first_of(sample_types, type.sample_types) != sample_types.end();
}

}  // namespace

const ProfileType* OtherTypeServed(const ProfileType& asked,
                                   std::span<const std::string_view> sample_types) {
  if (Fits(asked, sample_types)) return nullptr;
  for (const ProfileType& type : kTypes) {
    if (Fits(type, sample_types)) return &type;
  }
  return nullptr;
}

const ProfileType* FindProfileType(std::string_view name) {
  for (const ProfileType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::vector<std::string> ProfileTypeNames() {
  std::vector<std::string> names;
  for (const ProfileType& type : kTypes) names.emplace_back(type.name);
  return names;
}

}  // namespace kubediag::go_profiler
