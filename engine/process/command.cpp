#include "engine/process/command.h"

#include <cstdlib>

namespace kubediag::process {

std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8",
      "HOME=/",
  };
  static constexpr const char* kPassedOn[] = {
      "TZ",
#ifdef KUBEDIAG_SANITIZED
      "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
#endif
  };
  for (const char* name : kPassedOn) {
    if (const char* value = std::getenv(name)) {  // NOLINT(concurrency-mt-unsafe)
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return environment;
}

}  // namespace kubediag::process
