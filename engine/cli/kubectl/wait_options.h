// What waiting commands share: how long, and what a Diagnosis that has ended is shown as.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/cli/common_options.h"
#include "engine/cli/kubectl/cluster.h"

namespace kubediag::cli {

struct WaitOptions {
  std::chrono::seconds timeout = std::chrono::minutes(30);  // 0: none
  std::optional<OutputFormat> format;                       // empty: one line
};

// --timeout. `options` must outlive the parsing.
void AddTimeoutOption(CLI::App& command, WaitOptions& options);

// The check of a positional NAME.
Status CheckObjectName(const std::string& name);

// Prints "diagnosis.diagnosis.kubediag.org/NAME WHAT", or the object if a format is given. False:
// standard output takes no more.
bool PrintDiagnosis(const api::Diagnosis& diagnosis, const std::string& what,
                    const std::optional<OutputFormat>& format);

// Waits with progress on standard error, prints what came of it. Returns the exit status.
int WaitAndPrint(Cluster& cluster, const std::string& name, const WaitOptions& options,
                 const std::stop_token& stop);

}  // namespace kubediag::cli
