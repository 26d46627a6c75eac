// Run: a program from start to end, its output captured under caps.
//
// May be called from several threads; each call is independent.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>

#include "engine/core/deadline.h"
#include "engine/core/limits.h"
#include "engine/core/result.h"
#include "engine/process/child.h"
#include "engine/process/command.h"

namespace kubediag::process {

struct RunOptions {
  std::string input;  // written to standard input, which is then closed
  // Bytes kept of each stream. What comes beyond is read and dropped, so the program never blocks.
  size_t max_output = 1 * kMiB;
  size_t max_error = 64 * kKiB;
  size_t max_end = 4 * kKiB;  // of each stream's last bytes, kept whatever else is dropped
  Deadline deadline = Deadline::Never();
  std::stop_token stop;
  std::chrono::nanoseconds grace = kTermGrace;  // between TERM and KILL
};

struct Completed {
  enum class Ending { kExited, kDeadline, kStopped };  // the last two: ended by us
  Ending ending = Ending::kExited;
  Exit exit;
  std::string output;
  std::string error;
  std::string output_end;  // the last bytes, also of what was kept: why a program failed is there
  std::string error_end;
  size_t output_dropped = 0;  // bytes beyond the caps
  size_t error_dropped = 0;
};

// Descriptors 0-2 of `command` are the call's own; others may be mapped. Returns when the program
// has ended (and its group, if it has one): a grandchild that keeps a stream open does not hold it
// up. A Status only if the program could not be started.
Result<Completed> Run(Command command, RunOptions options);

}  // namespace kubediag::process
