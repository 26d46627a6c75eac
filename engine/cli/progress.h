// Progress: what standard error shows of runs: a block of lines for each Diagnosis, a line for each
// operation that has ended, and on a terminal a live part below for what is running.
//
//   go-profiler  default/go-profiler on host-1
//     ✓ 1 go-profiler   0.31 s   heap 115.7 MB in use
//   Succeeded in 0.34 s.
//
// The oldest block that has not finished is shown as it grows; a later one is shown whole when it
// finishes, and after it the oldest goes on under its title, told as such. Thread-safe. Texts of
// operations are foreign and made printable.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/cli/terminal.h"
#include "engine/core/logging.h"
#include "engine/diagnosis/observer.h"

namespace kubediag::cli {

class ProgressView;

// One block. Feeds the view from the executor's calls; must not outlive it.
class RunProgress final : public diagnosis::Observer {
 public:
  void OnRunning(const api::Diagnosis& diagnosis, bool resumed) override;
  void OnOperationStarted(const diagnosis::OperationProgress& progress) override;
  void OnOperationFinished(const diagnosis::OperationProgress& progress) override;
  void OnWarning(const std::string& message) override;
  // The block's last line. Nothing comes after it.
  void Finish(const std::string& sentence, bool succeeded);

 private:
  friend class ProgressView;
  struct Block;
  RunProgress(ProgressView& view, Block& block) : view_(view), block_(block) {}
  ProgressView& view_;
  Block& block_;
};

class ProgressView {
 public:
  explicit ProgressView(Terminal terminal);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  // A block with `title` ("go-profiler  default/go-profiler on host-1") for a set of `nodes` nodes
  // whose longest operation name has `name_width` columns.
  std::unique_ptr<RunProgress> Begin(const std::string& title, size_t nodes, size_t name_width);

  // A line of its own between blocks.
  void Say(const std::string& line);

  // Its lines do not tear the live part. The inner logger is borrowed; the result must not outlive
  // the view.
  std::unique_ptr<Logger> Wrap(Logger& inner);

 private:
  friend class RunProgress;
  class LineLogger;
  struct Running;

  void Write(const std::string& text) const;
  // All under mutex_.
  std::string EraseLive();
  std::string DrawLive();
  void Update();  // flushes what may be shown and redraws
  void AddLine(RunProgress::Block& block, std::string line);
  std::string TakeLines(RunProgress::Block& block);
  std::string ResultLine(const RunProgress::Block& block,
                         const diagnosis::OperationProgress& progress) const;
  // On a terminal broken at blanks where its line ends; `start` columns are before it.
  std::string Folded(const std::string& text, size_t start) const;
  void Animate(const std::stop_token& stop);

  const Terminal terminal_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::unique_ptr<RunProgress::Block>> blocks_;
  const RunProgress::Block* last_shown_ = nullptr;  // compared only
  size_t live_lines_ = 0;
  size_t frame_ = 0;
  std::jthread animation_;  // only on a terminal
};

}  // namespace kubediag::cli
