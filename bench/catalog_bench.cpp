// How long a dropped module takes until it can be used: budget 1 s. With the real runner, so that
// the child process that reads the descriptor is part of it.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/catalog/catalog.h"
#include "engine/host/process_runner.h"

namespace kubediag {
namespace {

// A folder of operations that an open catalog watches.
class WatchedFolder {
 public:
  WatchedFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "kubediag-bench.XXXXXX";
    root_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(operations());
    host::ProcessRunnerOptions options;
    options.host_program =
        std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag/kubediag-operation-host";
    runner_ = *host::ProcessRunner::Create(options, *logger_);
    Open();
  }
  ~WatchedFolder() {
    catalog_.reset();
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }

  // Anew, as at the start of a program.
  void Close() { catalog_.reset(); }
  void Open() {
    catalog_ = *catalog::Catalog::Open({{operations()}, root_ + "/modules"}, *runner_, *logger_);
  }

  std::string operations() const { return root_ + "/operations"; }
  std::string module() const { return operations() + "/hello.so"; }
  catalog::Catalog& catalog() { return *catalog_; }

  void Drop() const {
    std::filesystem::copy_file(std::string(KUBEDIAG_BINARY_DIR) + "/examples/operations/hello.so",
                               module());
  }

 private:
  std::string root_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<host::ProcessRunner> runner_;
  std::unique_ptr<catalog::Catalog> catalog_;
};

// Somebody asks for the operation right after the copy has ended.
void ModulePickUpAsked(benchmark::State& state) {
  WatchedFolder folder;
  for (auto _ : state) {
    folder.Drop();
    if (!folder.catalog().Find("hello").ok()) state.SkipWithError("the module was not found");
    state.PauseTiming();
    std::filesystem::remove(folder.module());
    if (folder.catalog().Find("hello").ok()) state.SkipWithError("the module did not go");
    state.ResumeTiming();
  }
}
BENCHMARK(ModulePickUpAsked)->Unit(benchmark::kMillisecond)->UseRealTime();

// What a start pays for one module: copy, digest, description.
void CatalogOpen(benchmark::State& state) {
  WatchedFolder folder;
  folder.Drop();
  for (auto _ : state) {
    state.PauseTiming();
    folder.Close();
    state.ResumeTiming();
    folder.Open();
  }
}
BENCHMARK(CatalogOpen)->Unit(benchmark::kMillisecond)->UseRealTime();

// A question while nothing changes: what each operation of each run costs.
void CatalogFind(benchmark::State& state) {
  WatchedFolder folder;
  folder.Drop();
  for (auto _ : state) {
    benchmark::DoNotOptimize(folder.catalog().Find("hello"));
  }
}
BENCHMARK(CatalogFind)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kubediag
