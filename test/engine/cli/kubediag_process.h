// KubediagProcess: the real program, started by a test, with its output read as it comes.
//
// Not thread-safe. Waiting has an end: a test fails instead of hanging. Destruction kills what
// still runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/process/child.h"

namespace kubediag::cli {

class KubediagProcess {
 public:
  struct Setup {
    std::vector<std::string> arguments;
    std::string standard_input;
    std::vector<std::string> environment;  // beside LANG=C.UTF-8, PATH and TMPDIR
    std::string directory = "/";
    bool terminal = false;         // standard error is a pseudo terminal, 100 columns wide
    bool output_terminal = false;  // standard output likewise
    bool close_output = false;     // nobody reads standard output
    std::string program = KubediagProgram();
  };

  explicit KubediagProcess(const Setup& setup);

  // Reads until the stream holds `text` after what was awaited before. False: it ended, or 30 s.
  bool AwaitOutput(std::string_view text) { return Await(output_, text); }
  bool AwaitError(std::string_view text) { return Await(error_, text); }
  void Signal(int signal) { child_->Signal(signal); }
  // Reads to the end. The exit status, or 128 + the signal that ended it; -1 after 30 s.
  int Wait();

  const std::string& output() const { return output_.text; }
  const std::string& error() const { return error_.text; }
  pid_t pid() const { return child_->pid(); }

  static std::string KubediagProgram();

 private:
  struct Stream {
    UniqueFd fd;
    std::string text;
    size_t awaited = 0;
  };
  bool Await(Stream& stream, std::string_view text);
  bool ReadSome(Deadline deadline);

  Stream output_;
  Stream error_;
  std::optional<process::Child> child_;
};

}  // namespace kubediag::cli
