// viewer_demo: a viewer of one profile for the page's tests.
//
//   viewer_demo PROFILE [SECONDS]   serves it on 127.0.0.1 and prints "URL PORT PATH"; ends after
//                                   SECONDS (3600) or when standard input ends
//   viewer_demo --report PROFILE    prints what the page must show, from the report library
#include <fcntl.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/logging.h"
#include "engine/http/listen.h"
#include "plugins/go_profiler/profile/decode.h"
#include "plugins/go_profiler/report/number_format.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/viewer/server.h"

namespace kubediag::viewer {
namespace {

constexpr size_t kMaxProfileBytes = size_t{64} << 20;

Result<std::shared_ptr<const profile::Profile>> Load(const std::string& path) {
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxProfileBytes));
  KUBEDIAG_ASSIGN_OR_RETURN(
      profile::Profile profile,
      profile::Parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  return std::make_shared<const profile::Profile>(std::move(profile));
}

std::string Trimmed(const std::string& text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

nlohmann::json RowsOf(const report::FrameTable& frames, uint32_t type, report::TopOrder order) {
  report::TopOptions options;
  options.sample_type = type;
  options.order = order;
  options.node_fraction = 0;
  const auto top = report::BuildTop(frames, options);
  if (!top.ok()) return nullptr;
  int64_t smallest = 0;
  for (const report::TopRow& row : top->rows) {
    for (const int64_t value : {std::abs(row.flat), std::abs(row.cum)}) {
      if (value > 0 && (smallest == 0 || value < smallest)) smallest = value;
    }
  }
  const profile::Profile& profile = frames.profile();
  const std::string_view unit = profile.String(profile.SampleTypes()[type].unit);
  const std::string report_unit = report::ReportUnit(smallest, top->total, unit);
  nlohmann::json rows = nlohmann::json::array();
  for (const report::TopRow& row : top->rows) {
    rows.push_back({{"name", frames.Name(row.frame)},
                    {"flat", report::ScaledLabel(row.flat, unit, report_unit)},
                    {"flatPercent", Trimmed(report::Percentage(row.flat, top->total))},
                    {"cum", report::ScaledLabel(row.cum, unit, report_unit)},
                    {"cumPercent", Trimmed(report::Percentage(row.cum, top->total))},
                    {"flatAuto", report::AutoLabel(row.flat, unit)},
                    {"cumAuto", report::AutoLabel(row.cum, unit)},
                    {"inlined", static_cast<int>(row.inlined)}});
  }
  return rows;
}

int Report(const std::string& path) {
  const auto profile = Load(path);
  if (!profile.ok()) {
    std::cerr << profile.status().ToString() << "\n";
    return 1;
  }
  const report::FrameTable frames(**profile);
  nlohmann::json types = nlohmann::json::array();
  for (uint32_t type = 0; type < (*profile)->SampleTypes().size(); ++type) {
    const profile::ValueType& value_type = (*profile)->SampleTypes()[type];
    const std::string_view unit = (*profile)->String(value_type.unit);
    types.push_back({{"type", (*profile)->String(value_type.type)},
                     {"total", report::AutoLabel(report::Total(**profile, type), unit)},
                     {"byFlat", RowsOf(frames, type, report::TopOrder::kFlat)},
                     {"byCum", RowsOf(frames, type, report::TopOrder::kCum)}});
  }
  std::cout << nlohmann::json({{"default", (*profile)->DefaultSampleType()}, {"types", types}})
            << "\n";
  return 0;
}

int Serve(const std::string& path, int seconds) {
  const std::unique_ptr<Logger> logger = MakeStderrLogger(LogLevel::kInfo, LogFormat::kText);
  ViewerOptions options;
  options.capability = RandomHex(16);
  options.expiry = std::chrono::system_clock::now() + std::chrono::seconds(seconds);
  options.source = "https://10.0.2.15:6443";
  options.node = "node-1";
  options.diagnosis = "default/go-profiler";
  options.profile_type = "Heap";
  options.file_name = path.substr(path.rfind('/') + 1);
  auto profile = Load(path);
  auto listener = http::Listen("127.0.0.1", 0);
  if (!profile.ok() || !listener.ok()) {
    std::cerr << profile.status().ToString() << " " << listener.status().ToString() << "\n";
    return 1;
  }
  const uint16_t port = *http::LocalPort(listener->get());
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  malloc_trim(0);
  const auto server = ViewerServer::Start(*std::move(listener), *std::move(profile),
                                          std::move(file), options, *logger);
  if (!server.ok()) {
    std::cerr << server.status().ToString() << "\n";
    return 1;
  }
  std::cout << "URL " << port << " /" << options.capability << "/" << std::endl;
  const WaitOutcome outcome = (*server)->Wait(0);
  std::cout << (outcome == WaitOutcome::kExpired ? "EXPIRED" : "CANCELLED") << std::endl;
  return 0;
}

}  // namespace
}  // namespace kubediag::viewer

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--report") {
    return kubediag::viewer::Report(arguments[1]);
  }
  if (arguments.empty() || arguments.size() > 2) {
    std::cerr << "usage: viewer_demo PROFILE [SECONDS] | viewer_demo --report PROFILE\n";
    return 2;
  }
  return kubediag::viewer::Serve(arguments[0],
                                 arguments.size() == 2 ? std::atoi(arguments[1].c_str()) : 3600);
}
