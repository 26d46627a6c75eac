// StatusProgress: a Diagnosis of a cluster as its status tells of it, on a ProgressView: what has
// ended since the last time, what runs, what it waits for.
//
// Not thread-safe. Borrows the view.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/api/objects.h"
#include "engine/cli/progress.h"

namespace kubediag::cli {

class StatusProgress {
 public:
  StatusProgress(ProgressView& view, const api::Diagnosis& diagnosis);

  void Show(const api::Diagnosis& diagnosis);
  // The last line of one that has ended. Nothing comes after it.
  void Finish(const api::Diagnosis& diagnosis);

 private:
  void SayOnce(const std::string& line);

  ProgressView& view_;
  const std::string name_;
  std::unique_ptr<RunProgress> block_;
  std::map<int64_t, api::OperationOutcome> known_;  // by position
  std::string said_;
};

// Succeeded or Failed: nothing comes after these.
bool HasEnded(const api::Diagnosis& diagnosis);

// "Succeeded. Its page: kubectl kubediag open x -n y" "Failed: …" What came of it, in a line, and
// what to do next; what an operation's own line tells is not told again.
std::string EndSentence(const api::Diagnosis& diagnosis);

// "x -n y": how to name it to another command.
std::string NameForCommands(const api::Diagnosis& diagnosis);

// What a Diagnosis that has not ended waits for; empty if it does not say.
std::string WaitSentence(const api::Diagnosis& diagnosis);

}  // namespace kubediag::cli
