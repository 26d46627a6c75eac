// Merging results: what the executor does with the values of one operation, from emitted strings
// to a filled status, and the digest that tells whether a repeatable operation may run again.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>

#include "engine/core/file.h"
#include "engine/diagnosis/results.h"
#include "engine/diagnosis/status.h"

namespace kubediag::diagnosis {
namespace {

std::map<std::string, std::string> Values(int64_t count, size_t bytes) {
  std::map<std::string, std::string> values;
  for (int64_t i = 0; i < count; ++i) {
    values.emplace("collector.system.process.result.value-" + std::to_string(i),
                   std::string(bytes, static_cast<char>('a' + i % 26)));
  }
  return values;
}

// A data root that goes with the benchmark.
class Root {
 public:
  Root() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kubediag-bench-XXXXXX");
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    auto opened = OpenDirectory(path_);
    if (opened.ok()) fd_ = *std::move(opened);
  }
  ~Root() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  int fd() const { return fd_.get(); }

 private:
  std::string path_;
  UniqueFd fd_;
};

// Values that all fit into the status.
void MergeResults(benchmark::State& state) {
  const Root root;
  const ResultFolder folder(root.fd(), "results");
  const int64_t count = state.range(0);
  const auto values = Values(count, 16);
  for (auto _ : state) {
    auto taken = TakeResults(values, "1-1", folder);
    if (!taken.ok()) return state.SkipWithError(taken.status().ToString().c_str());
    ResultMap merged;
    Overlay(merged, *taken);
    benchmark::DoNotOptimize(MapDigest("base", merged));
    api::DiagnosisStatus status;
    if (!PutResults(merged, folder, status).ok()) return state.SkipWithError("no status");
    benchmark::DoNotOptimize(status);
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(MergeResults)->Arg(1)->Arg(10)->Arg(300)->Unit(benchmark::kMicrosecond);

// One value beyond the status: hashed, written and synced as an artifact.
void MergeLargeResult(benchmark::State& state) {
  const Root root;
  const ResultFolder folder(root.fd(), "results");
  const auto values = Values(1, static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    auto taken = TakeResults(values, "1-1", folder);
    if (!taken.ok()) return state.SkipWithError(taken.status().ToString().c_str());
    api::DiagnosisStatus status;
    if (!PutResults(*taken, folder, status).ok()) return state.SkipWithError("no status");
    benchmark::DoNotOptimize(status);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(MergeLargeResult)
    ->Arg(32 << 10)
    ->Arg(1 << 20)
    ->Arg(16 << 20)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// The status of a run of many operations, brought below its limit.
void FitLargeStatus(benchmark::State& state) {
  api::DiagnosisStatus large;
  for (int64_t id = 1; id <= state.range(0); ++id) {
    api::OperationOutcome outcome;
    outcome.id = id;
    outcome.operation = "operation";
    outcome.phase = "Failed";
    outcome.message = std::string(1024, 'm');
    large.operations.push_back(outcome);
  }
  for (auto _ : state) {
    api::DiagnosisStatus status = large;
    FitStatus(status, 512 << 10, {});
    benchmark::DoNotOptimize(status);
  }
}
BENCHMARK(FitLargeStatus)->Arg(10)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kubediag::diagnosis
