// ApiServer: plays the profiling side of a kube-apiserver from recordings of a real one.
//
// It demands the bearer token as a real one does, answers /debug/pprof/{heap,profile,goroutine,…}
// and misbehaves on request: a path that starts with /fault/NAME/ answers in the manner of NAME, so
// every failure of a download can be shown. Immutable; may be called from several threads.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/demo/server.h"

namespace kubediag::demo {

class ApiServer {
 public:
  struct Options {
    std::string recordings;   // folder with heap.pb.gz, cpu.pb.gz …
    std::string token;        // empty: none is demanded
    std::string redirect_to;  // where /fault/redirect/ leads
  };
  // NotFound names the recording that is missing.
  static Result<ApiServer> Load(const Options& options);

  bool Handle(const Request& request, Connection& connection) const;

  // "401", "drip", …
  static std::vector<std::string_view> FaultNames();

 private:
  Response Answer(const Request& request, std::string_view path) const;

  Options options_;
  std::map<std::string, std::string, std::less<>> profiles_;  // by path
};

}  // namespace kubediag::demo
