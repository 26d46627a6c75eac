// Scanner: one look at the operations folders, from files to a table of operations and a list of
// refusals. Remembers what it has seen, so that an unchanged file is neither copied nor described
// again.
//
// Not thread-safe: the catalog calls it from one thread at a time. Describe() of the runner may
// take seconds.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/catalog/catalog.h"
#include "engine/catalog/module_copies.h"
#include "engine/catalog/module_file.h"

namespace kubediag::catalog {

// What a scan found. Immutable once published.
struct Snapshot {
  std::map<std::string, Entry> entries;     // by operation
  std::map<std::string, Refusal> refusals;  // by file
  bool retry = false;                       // a module could not be judged now; look again later
};

class Scanner {
 public:
  // The runner is borrowed for the scanner's life.
  Scanner(std::vector<std::string> folders, ModuleCopies copies, operation::Runner& runner);

  Snapshot Scan();

  // Removes copies that neither the last scan nor anybody else refers to. Whether another look is
  // needed for those that a run still has.
  bool PruneCopies(Logger& logger);

  ModuleCopies& copies() { return copies_; }  // these are thread-safe

 private:
  // A file as of the last scan.
  struct Seen {
    FileIdentity identity;
    bool settled = false;  // a later change cannot hide behind the same file time
    ModuleCopies::Copy copy;
    std::chrono::system_clock::time_point since;
    bool at_start = false;
  };
  // A module's answer, or why it has none. The same bytes answer the same.
  struct Described {
    std::optional<operation::ModuleDescriptor> module;
    Status refusal;
  };

  void ScanFolder(const std::string& folder, Snapshot& snapshot);
  void ScanFile(const UniqueFd& folder, const std::string& name, const std::string& path,
                Snapshot& snapshot);
  Result<Seen> Look(const UniqueFd& folder, const std::string& name, const std::string& path);
  const Described& Describe(const ModuleCopies::Copy& copy);
  void Admit(const Seen& seen, const operation::ModuleDescriptor& module, const std::string& path,
             Snapshot& snapshot);

  std::vector<std::string> folders_;
  ModuleCopies copies_;
  operation::Runner& runner_;
  std::map<std::string, Seen> seen_;            // by file
  std::map<std::string, Described> described_;  // by sha256
  std::map<std::string, Seen> next_seen_;       // of the scan under way
  std::set<std::string> used_;                  // sha256, likewise
  std::set<std::string> pruned_for_;            // what was used when last pruned
  bool lingering_ = false;
  bool first_ = true;
};

}  // namespace kubediag::catalog
