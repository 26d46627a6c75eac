#include "engine/cli/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

#include "engine/core/unique_fd.h"

namespace kubediag::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read_.Reset(ends[0]);
    write_.Reset(ends[1]);
  }
  Terminal Plain() const { return {.fd = write_.get()}; }
  Terminal Live() const { return {.fd = write_.get(), .live = true, .unicode = true}; }
  std::string Shown() const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = read(read_.get(), buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<size_t>(got));
    }
    return text;
  }
  static diagnosis::OperationProgress Node(int64_t id, const std::string& operation) {
    diagnosis::OperationProgress progress;
    progress.id = id;
    progress.operation = operation;
    return progress;
  }
  static diagnosis::OperationProgress Ended(int64_t id, const std::string& operation,
                                            const std::string& phase, const std::string& text) {
    diagnosis::OperationProgress progress = Node(id, operation);
    progress.phase = phase;
    progress.text = text;
    progress.duration = std::chrono::milliseconds(50);
    return progress;
  }

 private:
  UniqueFd read_;
  UniqueFd write_;
};

TEST_F(ProgressTest, BreaksLongLinesAtBlanksOnATerminalOnly) {
  const std::string text =
      "a complaint that is long, about something that went wrong in a place far away";
  for (const Terminal& terminal : {Live(), Plain()}) {
    ProgressView view(terminal);
    const auto run = view.Begin("chain  default/chain on host-1", 2, 7);
    run->OnOperationFinished(Ended(1, "collect", "Failed", text));
    run->Finish("Failed in 0.05 s: operation 1 collect: " + text + ".", false);
    const std::string shown = Shown();
    EXPECT_EQ(shown.find("went\n      wrong in a place far away") != std::string::npos ||
                  shown.find("something\n      that went wrong") != std::string::npos,
              terminal.live)
        << shown;
    EXPECT_THAT(shown, HasSubstr(terminal.live ? "\n      " : text + "."));
  }
}

TEST_F(ProgressTest, WritesPlainLinesInColumns) {
  ProgressView view(Plain());
  const auto run = view.Begin("chain  default/chain on host-1", 12, 14);
  run->OnOperationStarted(Node(1, "collect"));
  run->OnOperationFinished(Ended(1, "collect", "Succeeded", ""));
  run->OnOperationFinished(Ended(10, "diagnose-mount", "Failed", "no\nvolume"));
  diagnosis::OperationProgress skipped = Node(11, "recover");
  skipped.phase = "Skipped";
  run->OnOperationFinished(skipped);
  run->Finish("Failed in 0.10 s: no volume.", false);

  EXPECT_EQ(Shown(),
            "chain  default/chain on host-1\n"
            "  ok       1 collect         0.05 s\n"
            "  failed  10 diagnose-mount  0.05 s   no volume\n"
            "  skipped 11 recover\n"
            "Failed in 0.10 s: no volume.\n");
}

TEST_F(ProgressTest, ShowsALaterBlockWholeWhenItFinishes) {
  ProgressView view(Plain());
  const auto first = view.Begin("a  default/a on n", 2, 1);
  const auto second = view.Begin("b  default/b on n", 2, 1);
  second->OnOperationFinished(Ended(1, "y", "Succeeded", ""));
  second->Finish("Succeeded in 0.05 s.", true);
  EXPECT_EQ(Shown(),
            "a  default/a on n\n"
            "b  default/b on n\n  ok      1 y  0.05 s\nSucceeded in 0.05 s.\n");
  first->OnOperationFinished(Ended(1, "x", "Succeeded", ""));
  first->Finish("Succeeded in 0.06 s.", true);
  EXPECT_EQ(Shown(),
            "a  default/a on n, continued\n"
            "  ok      1 x  0.05 s\nSucceeded in 0.06 s.\n");
}

TEST_F(ProgressTest, ShowsWhatIsRunningOnATerminalAndTakesItAwayAgain) {
  ProgressView view(Live());
  const auto run = view.Begin("a  default/a on n", 2, 4);
  run->OnOperationStarted(Node(1, "work"));
  EXPECT_THAT(Shown(), HasSubstr(" 1 work  0.0"));
  run->OnOperationFinished(Ended(1, "work", "Succeeded", ""));
  run->Finish("Succeeded in 0.05 s.", true);
  const std::string rest = Shown();
  EXPECT_THAT(rest, HasSubstr("\r\x1b[1A\x1b[J  ✓ 1 work  0.05 s\n"));
  EXPECT_TRUE(rest.ends_with("Succeeded in 0.05 s.\n"));
}

// What a person sees: a terminal that obeys the sequences, as a pseudo terminal hands them on.
TEST_F(ProgressTest, LiveLinesStandUnderTheirOwnTitleOrSayIt) {
  int leader = -1;
  int follower = -1;
  winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(openpty(&leader, &follower, nullptr, nullptr, &size), 0);
  const UniqueFd screen(leader);
  const UniqueFd terminal(follower);
  fcntl(leader, F_SETFL, O_NONBLOCK);
  const auto shown = [&] {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = read(leader, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<size_t>(got));
    }
    // The last frame: what follows the last time the live lines were erased.
    const size_t erased = text.rfind("\x1b[J");
    return erased == std::string::npos ? text : text.substr(erased + 3);
  };
  ProgressView view({.fd = follower, .live = true, .unicode = true});
  const auto first = view.Begin("a  default/a on n", 2, 4);
  const auto second = view.Begin("b  default/b on n", 2, 4);
  first->OnOperationStarted(Node(1, "work"));
  EXPECT_THAT(shown(), AllOf(HasSubstr(" 1 work"), Not(HasSubstr("a  default/a on n: "))));
  second->OnOperationStarted(Node(1, "other"));
  EXPECT_THAT(shown(), HasSubstr("b  default/b on n: 1 other"));
  // Now the last title above is not the first one's.
  second->OnOperationFinished(Ended(1, "other", "Succeeded", ""));
  second->Finish("Succeeded in 0.05 s.", true);
  EXPECT_THAT(shown(), HasSubstr("a  default/a on n: 1 work"));
  first->OnOperationFinished(Ended(1, "work", "Succeeded", ""));
  first->OnOperationStarted(Node(2, "more"));
  EXPECT_THAT(shown(), AllOf(HasSubstr(" 2 more"), Not(HasSubstr("a  default/a on n: "))));
  first->Finish("Succeeded in 0.05 s.", true);
}

TEST_F(ProgressTest, LetsLogLinesPassAboveTheLivePart) {
  class Note final : public Logger {
   public:
    void Log(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
      last = message;
    }
    std::string last;
  };
  Note inner;
  ProgressView view(Live());
  const auto logger = view.Wrap(inner);
  const auto run = view.Begin("a  default/a on n", 2, 4);
  run->OnOperationStarted(Node(1, "work"));
  Shown();
  logger->Warning("look");
  EXPECT_EQ(inner.last, "look");
  EXPECT_THAT(Shown(), HasSubstr("\r\x1b[1A\x1b[J"));
  run->Finish("Succeeded.", true);
}

TEST_F(ProgressTest, ShowsARetryAndAWarning) {
  ProgressView view(Plain());
  const auto run = view.Begin("a  default/a on n", 2, 4);
  run->OnWarning("no operation declares x");
  diagnosis::OperationProgress again = Ended(1, "work", "Succeeded", "");
  again.attempt = 2;
  run->OnOperationFinished(again);
  EXPECT_EQ(Shown(),
            "a  default/a on n\n  warning: no operation declares x\n"
            "  ok      1 work  0.05 s   attempt 2\n");
  run->Finish("Succeeded.", true);
}

}  // namespace
}  // namespace kubediag::cli
