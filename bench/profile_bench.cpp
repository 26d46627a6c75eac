// Profile ingestion: inflate alone, inflate + checked decode, call tree, top list. Budget: the
// second at most 1.9 times the first, with buffers reused, on one core.
#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "bench/generated_profile.h"
#include "plugins/go_profiler/profile/decode.h"
#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/top.h"

namespace kubediag::bench {
namespace {

using profile::Decoder;
using profile::Profile;

const char* const kInputs[] = {"cpu", "heap", "allocs", "goroutine", "generated-100k"};

const std::vector<uint8_t>& Input(size_t index) {
  static std::map<size_t, std::vector<uint8_t>> inputs;
  std::vector<uint8_t>& bytes = inputs[index];
  if (!bytes.empty()) return bytes;
  if (index + 1 == std::size(kInputs)) return bytes = Gzip(GenerateProfile());
  const std::filesystem::path folder = KUBEDIAG_SOURCE_DIR "/plugins/go_profiler/demo/recordings";
  std::ifstream file(folder / (std::string(kInputs[index]) + ".pb.gz"), std::ios::binary);
  return bytes = {std::istreambuf_iterator<char>(file), {}};
}

const Profile& Decoded(size_t index) {
  static std::map<size_t, Profile> profiles;
  auto found = profiles.find(index);
  if (found == profiles.end()) {
    found = profiles.emplace(index, *profile::Parse(Input(index))).first;
  }
  return found->second;
}

size_t RawSize(size_t index) {
  const std::vector<uint8_t>& gzip = Input(index);
  return gzip.end()[-4] | size_t{gzip.end()[-3]} << 8 | size_t{gzip.end()[-2]} << 16 |
         size_t{gzip.end()[-1]} << 24;
}

void SetName(benchmark::State& state) {
  const auto index = static_cast<size_t>(state.range(0));
  state.SetLabel(kInputs[index]);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(RawSize(index)));
}

void ProfileInflate(benchmark::State& state) {
  const std::vector<uint8_t>& gzip = Input(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t> out(RawSize(static_cast<size_t>(state.range(0))));
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  for (auto _ : state) {
    size_t written = 0;
    benchmark::DoNotOptimize(libdeflate_gzip_decompress(decompressor, gzip.data(), gzip.size(),
                                                        out.data(), out.size(), &written));
    benchmark::ClobberMemory();
  }
  libdeflate_free_decompressor(decompressor);
  SetName(state);
}

void ProfileInflateAndDecode(benchmark::State& state) {
  const std::vector<uint8_t>& gzip = Input(static_cast<size_t>(state.range(0)));
  Decoder decoder;
  for (auto _ : state) {
    Result<Profile> decoded = decoder.Parse(gzip);
    if (!decoded.ok()) return state.SkipWithError(decoded.status().message().c_str());
    decoder.Recycle(*std::move(decoded));
  }
  SetName(state);
}

void ProfileParseOnce(benchmark::State& state) {
  const std::vector<uint8_t>& gzip = Input(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    const Result<Profile> decoded = profile::Parse(gzip);
    if (!decoded.ok()) return state.SkipWithError(decoded.status().message().c_str());
  }
  SetName(state);
}

void ProfileFrameTable(benchmark::State& state) {
  const Profile& decoded = Decoded(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    const report::FrameTable frames(decoded);
    benchmark::DoNotOptimize(frames.size());
  }
  SetName(state);
}

void ProfileCallTree(benchmark::State& state) {
  const Profile& decoded = Decoded(static_cast<size_t>(state.range(0)));
  const report::FrameTable frames(decoded);
  size_t rows = 0;
  for (auto _ : state) {
    const auto tree = report::BuildFlameTree(frames, {.sample_type = decoded.DefaultSampleType()});
    if (!tree.ok()) return state.SkipWithError(tree.status().message().c_str());
    rows = tree->size();
  }
  SetName(state);
  state.counters["rows"] = static_cast<double>(rows);
}

void ProfileCallTreePruned(benchmark::State& state) {
  const Profile& decoded = Decoded(static_cast<size_t>(state.range(0)));
  const report::FrameTable frames(decoded);
  size_t rows = 0;
  for (auto _ : state) {
    const auto tree = report::BuildFlameTree(
        frames, {.sample_type = decoded.DefaultSampleType(), .min_fraction = 1.0 / 5000});
    if (!tree.ok()) return state.SkipWithError(tree.status().message().c_str());
    rows = tree->size();
  }
  SetName(state);
  state.counters["rows"] = static_cast<double>(rows);
}

void ProfileTop(benchmark::State& state) {
  const Profile& decoded = Decoded(static_cast<size_t>(state.range(0)));
  const report::FrameTable frames(decoded);
  for (auto _ : state) {
    const auto top = report::BuildTop(frames, {.sample_type = decoded.DefaultSampleType()});
    if (!top.ok()) return state.SkipWithError(top.status().message().c_str());
    benchmark::DoNotOptimize(top->rows.data());
  }
  SetName(state);
}

constexpr int64_t kLastInput = std::size(kInputs) - 1;
BENCHMARK(ProfileInflate)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileInflateAndDecode)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileParseOnce)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileFrameTable)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileCallTree)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileCallTreePruned)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);
BENCHMARK(ProfileTop)->DenseRange(0, kLastInput)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kubediag::bench
