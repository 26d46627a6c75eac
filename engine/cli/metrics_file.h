// MetricsFile: a program's metrics in a file, for the textfile collector of Prometheus' node
// exporter and for people. Readers see a whole file or the one before.
//
// Write() may be called from several threads; the rest may not. The thread of KeepFresh() ends with
// the object.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/core/status.h"

namespace kubediag::cli {

// InvalidArgument: not the name of a file, or of what is there and no regular one. A link is
// refused too: what it points at may be anybody's.
Status CheckMetricsFile(const std::string& path);

class MetricsFile {
 public:
  // `text` gives the file's content, at any time, from any thread.
  MetricsFile(std::string path, std::function<std::string()> text);
  ~MetricsFile();

  // Replaces the file; a temporary name beside it is used that nothing else has.
  Status Write();
  // Writes every `interval` from now on; `failed` is called when that begins to fail.
  void KeepFresh(std::chrono::milliseconds interval, std::function<void(const Status&)> failed);

 private:
  const std::string path_;
  const std::function<std::string()> text_;
  std::mutex mutex_;  // held while a file is written
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace kubediag::cli
