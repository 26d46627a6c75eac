#include "engine/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/cli/text.h"
#include "engine/core/file.h"

namespace kubediag::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFrame{100};
constexpr std::array<const char*, 10> kSpinner = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr std::array<const char*, 4> kPlainSpinner = {"-", "\\", "|", "/"};
constexpr size_t kDurationWidth = 7;
constexpr size_t kWrapIndent = 6;

struct Mark {
  const char* symbol;
  const char* word;
  Colour colour;
};

// Words where symbols may not be shown: a log is read by machines and in any character set.
Mark MarkOf(const std::string& phase) {
  if (phase == "Succeeded") return {"✓", "ok     ", Colour::kGreen};
  if (phase == "Failed") return {"✗", "failed ", Colour::kRed};
  return {"–", "skipped", Colour::kDim};
}

}  // namespace

struct ProgressView::Running {
  std::string label;  // "2 go-profiler"
  Clock::time_point since;
};

struct RunProgress::Block {
  std::string title;
  size_t position_width = 1;
  size_t name_width = 0;
  std::vector<std::string> lines;  // not shown yet
  std::map<int64_t, ProgressView::Running> running;
  bool begun = false;  // its title has been shown
  bool finished = false;
};

// ---- One block ----

void RunProgress::OnRunning(const api::Diagnosis& /*diagnosis*/, bool resumed) {
  if (!resumed) return;
  const std::lock_guard lock(view_.mutex_);
  view_.AddLine(block_, "  resumed: an earlier process began this run");
}

void RunProgress::OnOperationStarted(const diagnosis::OperationProgress& progress) {
  const std::lock_guard lock(view_.mutex_);
  std::string label = std::to_string(progress.id) + " " + Printable(progress.operation);
  if (progress.attempt > 1) label += " (attempt " + std::to_string(progress.attempt) + ")";
  block_.running[progress.id] = {std::move(label), Clock::now()};
  view_.Update();
}

void RunProgress::OnOperationFinished(const diagnosis::OperationProgress& progress) {
  const std::lock_guard lock(view_.mutex_);
  block_.running.erase(progress.id);
  view_.AddLine(block_, view_.ResultLine(block_, progress));
}

void RunProgress::OnWarning(const std::string& message) {
  const std::lock_guard lock(view_.mutex_);
  view_.AddLine(
      block_, "  " + view_.terminal_.Paint("warning", Colour::kYellow) + ": " + Printable(message));
}

void RunProgress::Finish(const std::string& sentence, bool succeeded) {
  const std::lock_guard lock(view_.mutex_);
  block_.running.clear();
  block_.finished = true;
  const size_t word = sentence.find_first_of(" :.");
  const Colour colour = succeeded ? Colour::kGreen : Colour::kRed;
  const std::string rest = word == std::string::npos ? "" : sentence.substr(word);
  view_.AddLine(block_, view_.terminal_.Paint(sentence.substr(0, word), colour) +
                            view_.Folded(rest, sentence.size() - rest.size()));
}

// ---- The view ----

ProgressView::ProgressView(Terminal terminal) : terminal_(terminal) {
  if (!terminal_.live) return;
  animation_ = std::jthread([this](const std::stop_token& stop) { Animate(stop); });
}

ProgressView::~ProgressView() {
  animation_.request_stop();
  if (animation_.joinable()) animation_.join();
  const std::lock_guard lock(mutex_);
  Write(EraseLive());
}

std::unique_ptr<RunProgress> ProgressView::Begin(const std::string& title, size_t nodes,
                                                 size_t name_width) {
  const std::lock_guard lock(mutex_);
  auto block = std::make_unique<RunProgress::Block>();
  block->title = Printable(title);
  block->position_width = std::to_string(nodes == 0 ? 0 : nodes - 1).size();
  block->name_width = name_width;
  RunProgress::Block& begun = *blocks_.emplace_back(std::move(block));
  Update();
  return std::unique_ptr<RunProgress>(new RunProgress(*this, begun));
}

void ProgressView::Say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  std::string text = EraseLive() + line + "\n";
  text += DrawLive();
  Write(text);
}

// Standard error may be gone; a run goes on without it.
void ProgressView::Write(const std::string& text) const {
  if (!text.empty()) (void)WriteAll(terminal_.fd, text);
}

void ProgressView::AddLine(RunProgress::Block& block, std::string line) {
  block.lines.push_back(std::move(line));
  Update();
}

void ProgressView::Update() {
  std::string text = EraseLive();
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    if (block == blocks_.begin() || (*block)->finished) text += TakeLines(**block);
    block = (*block)->finished ? blocks_.erase(block) : std::next(block);
  }
  text += DrawLive();
  Write(text);
  changed_.notify_all();
}

std::string ProgressView::TakeLines(RunProgress::Block& block) {
  std::string text;
  const bool interrupted = last_shown_ != &block && !block.lines.empty();
  if (!block.begun || interrupted) {
    text = terminal_.Paint(block.title, Colour::kBold) + (block.begun ? ", continued\n" : "\n");
  }
  if (text.empty() && block.lines.empty()) return text;
  block.begun = true;
  last_shown_ = &block;
  for (const std::string& line : block.lines) text += line + "\n";
  block.lines.clear();
  return text;
}

std::string ProgressView::EraseLive() {
  if (live_lines_ == 0) return {};
  std::string text = "\r\x1b[" + std::to_string(live_lines_) + "A\x1b[J";
  live_lines_ = 0;
  return text;
}

std::string ProgressView::DrawLive() {
  if (!terminal_.live) return {};
  const size_t columns = terminal_.Columns();
  const std::string spinner = terminal_.unicode ? kSpinner[frame_ % kSpinner.size()]
                                                : kPlainSpinner[frame_ % kPlainSpinner.size()];
  const Clock::time_point now = Clock::now();
  std::string text;
  for (const auto& block : blocks_) {
    const bool titled = block->begun && block.get() == last_shown_;
    for (const auto& [id, running] : block->running) {
      const std::string line = (titled ? "" : block->title + ": ") + running.label + "  " +
                               FormatDuration(now - running.since);
      text += "  " + terminal_.Paint(spinner, Colour::kYellow) + " " +
              Fit(line, columns > 5 ? columns - 5 : 1, terminal_.unicode ? "…" : "~") + "\n";
      ++live_lines_;
    }
  }
  return text;
}

std::string ProgressView::ResultLine(const RunProgress::Block& block,
                                     const diagnosis::OperationProgress& progress) const {
  const Mark mark = MarkOf(progress.phase);
  const bool symbols = terminal_.live && terminal_.unicode;
  const std::string position = std::to_string(progress.id);
  const std::string shown = symbols ? mark.symbol : mark.word;
  std::string line =
      std::string(block.position_width - std::min(block.position_width, position.size()), ' ') +
      position + " " + PadRight(Printable(progress.operation), block.name_width);
  if (progress.duration.count() > 0) {
    line += "  " + PadRight(FormatDuration(progress.duration), kDurationWidth);
  } else {
    line += std::string(2 + kDurationWidth, ' ');
  }
  if (progress.attempt > 1) line += "  attempt " + std::to_string(progress.attempt);
  // Most operations' failures say it all in words; the reason word is for programs.
  const std::string text = Printable(progress.text.empty() ? progress.reason : progress.text);
  if (!text.empty()) line += "  " + text;
  while (line.ends_with(' ')) line.pop_back();
  return "  " + terminal_.Paint(shown, mark.colour) + " " + Folded(line, 3 + DisplayWidth(shown));
}

std::string ProgressView::Folded(const std::string& text, size_t start) const {
  return terminal_.live ? cli::Wrap(text, start, terminal_.Columns(), kWrapIndent) : text;
}

void ProgressView::Animate(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (live_lines_ == 0) {
      changed_.wait(lock, stop, [this] { return live_lines_ > 0; });
      continue;
    }
    changed_.wait_for(lock, stop, kFrame, [] { return false; });
    ++frame_;
    std::string text = EraseLive();
    text += DrawLive();
    Write(text);
  }
}

// ---- Log lines between the live ones ----

class ProgressView::LineLogger final : public Logger {
 public:
  LineLogger(ProgressView& view, Logger& inner) : view_(view), inner_(inner) {}

  void Log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) override {
    const std::lock_guard lock(view_.mutex_);
    view_.Write(view_.EraseLive());
    inner_.Log(level, message, fields);
    view_.Write(view_.DrawLive());
  }

 private:
  ProgressView& view_;
  Logger& inner_;
};

std::unique_ptr<Logger> ProgressView::Wrap(Logger& inner) {
  return std::make_unique<LineLogger>(*this, inner);
}

}  // namespace kubediag::cli
