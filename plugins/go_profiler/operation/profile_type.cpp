#include "plugins/go_profiler/operation/profile_type.h"

namespace kubediag::go_profiler {
namespace {

constexpr std::string_view kProfilingOff =
    "profiling is disabled there (kube-apiserver: --profiling), or the source is not its base URL";
constexpr std::string_view kContentionOff =
    "profiling is disabled there (kube-apiserver: --profiling and --contention-profiling), or the "
    "source is not its base URL";

// The first three are KubeDiag 0.2's.
constexpr ProfileType kTypes[] = {
    {"Profile", "profile", true, kProfilingOff},
    {"Heap", "heap", false, kProfilingOff},
    {"Goroutine", "goroutine", false, kProfilingOff},
    {"Allocs", "allocs", false, kProfilingOff},
    {"Block", "block", false, kContentionOff},
    {"Mutex", "mutex", false, kContentionOff},
    {"Threadcreate", "threadcreate", false, kProfilingOff},
};

}  // namespace

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
