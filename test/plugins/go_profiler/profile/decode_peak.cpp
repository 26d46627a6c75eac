// Decodes the profile on standard input and prints the most memory this process ever held, in
// bytes.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "engine/core/file.h"
#include "plugins/go_profiler/profile/decode.h"

namespace {

// Of /proc/self/status, which unlike getrusage(2) forgets what was there before execve(2).
size_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

}  // namespace

int main() {
  using namespace kubediag;
  const auto input = ReadAll(STDIN_FILENO, "profile", profile::Limits().compressed_bytes);
  if (!input.ok()) return 1;
  const auto* bytes = reinterpret_cast<const uint8_t*>(input->data());
  const auto decoded = profile::Parse({bytes, input->size()});
  if (!decoded.ok()) {
    std::fprintf(stderr, "%s\n", decoded.status().ToString().c_str());
    return 1;
  }
  std::printf("%zu\n", PeakBytes());
  return 0;
}
