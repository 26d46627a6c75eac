// What isolation costs: the example `hello`, called in this process and in an operation host. Each
// turn is a whole run, from Prepare() to its outcome and the end of its process.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/logging.h"
#include "engine/host/process_runner.h"
#include "engine/operation/in_process_runner.h"

namespace {

using kubediag::Deadline;
using kubediag::Logger;
using kubediag::operation::Job;
using kubediag::operation::Runner;

const std::string kHello = std::string(KUBEDIAG_BINARY_DIR) + "/examples/operations/hello.so";

std::unique_ptr<Runner> MakeHostRunner(Logger& logger) {
  kubediag::host::ProcessRunnerOptions options;
  options.host_program =
      std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag/kubediag-operation-host";
  auto runner = kubediag::host::ProcessRunner::Create(std::move(options), logger);
  if (!runner.ok()) return nullptr;
  return *std::move(runner);
}

// Empty if it went well.
std::string CallHello(Runner& runner) {
  auto run = runner.Prepare(kHello);
  if (!run.ok()) return run.status().ToString();
  Job job;
  job.operation = "hello";
  job.parameters = {{"hello.name", "bench"}};
  job.deadline = Deadline::After(std::chrono::seconds(60));
  if (auto started = (*run)->Start(std::move(job)); !started.ok()) return started.ToString();
  const auto outcome = (*run)->Wait({});
  if (!outcome.status.ok()) return outcome.status.ToString();
  return outcome.results.at("hello.greeting") == "Hello, bench!" ? "" : "another greeting";
}

void Measure(benchmark::State& state, Runner* runner) {
  if (runner == nullptr) return state.SkipWithError("no operation host");
  for (auto _ : state) {
    const std::string error = CallHello(*runner);
    if (!error.empty()) return state.SkipWithError(error.c_str());
  }
}

void OperationInProcess(benchmark::State& state) {
  const auto logger = kubediag::MakeNullLogger();
  kubediag::operation::InProcessRunner runner(*logger);
  Measure(state, &runner);
}
BENCHMARK(OperationInProcess)->Unit(benchmark::kMillisecond)->UseRealTime();

void OperationInHost(benchmark::State& state) {
  const auto logger = kubediag::MakeNullLogger();
  const auto runner = MakeHostRunner(*logger);
  Measure(state, runner.get());
}
BENCHMARK(OperationInHost)->Unit(benchmark::kMillisecond)->UseRealTime();

// As an agent does: the host is spawned while the claim is in flight, so only what follows counts.
void OperationInPreparedHost(benchmark::State& state) {
  const auto logger = kubediag::MakeNullLogger();
  const auto runner = MakeHostRunner(*logger);
  if (!runner) return state.SkipWithError("no operation host");
  for (auto _ : state) {
    state.PauseTiming();
    auto run = runner->Prepare(kHello);
    if (!run.ok()) return state.SkipWithError(run.status().ToString().c_str());
    state.ResumeTiming();
    Job job;
    job.operation = "hello";
    if (!(*run)->Start(std::move(job)).ok()) return state.SkipWithError("not started");
    benchmark::DoNotOptimize((*run)->Wait({}));
  }
}
BENCHMARK(OperationInPreparedHost)->Unit(benchmark::kMillisecond)->UseRealTime();

void DescribeInHost(benchmark::State& state) {
  const auto logger = kubediag::MakeNullLogger();
  const auto runner = MakeHostRunner(*logger);
  if (!runner) return state.SkipWithError("no operation host");
  for (auto _ : state) {
    const auto descriptor = runner->Describe(kHello);
    if (!descriptor.ok()) return state.SkipWithError(descriptor.status().ToString().c_str());
  }
}
BENCHMARK(DescribeInHost)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
