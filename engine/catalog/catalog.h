// Catalog: which operations there are. Watches the operations folders (inotify), copies each module
// to <data-root>/modules/<sha256>.so, has its descriptor read in a child process, and answers by
// operation name.
//
// Thread-safe. A dropped file is usable within a second; a replaced one by the next run; runs under
// way keep their copy.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/metrics/registry.h"
#include "engine/operation/runner.h"

namespace kubediag::catalog {

// One usable operation.
struct Entry {
  operation::OperationDescriptor descriptor;
  std::string file;         // as found, e.g. /var/lib/kubediag/operations/hello.so
  std::string module_path;  // our copy, what is loaded; stays as long as somebody has `lease`
  std::shared_ptr<const void> lease;
  std::string sha256;  // of the module
  std::chrono::system_clock::time_point since;
  bool at_start = false;  // was there when the catalog opened
};

// A copy that may be loaded as long as `lease` lives.
struct LeasedModule {
  std::string path;
  std::shared_ptr<const void> lease;
};

// A file that is not used, and why.
struct Refusal {
  std::string file;
  std::string reason;  // CamelCase
  std::string message;
};

struct Options {
  std::vector<std::string> folders;  // earlier ones win when two modules name the same operation
  std::string modules_directory;     // <data-root>/modules
  metrics::Registry* metrics = nullptr;  // borrowed for the catalog's life; null: none are kept
};

class Catalog {
 public:
  // Reads the folders once and starts to watch them. A missing folder is watched for (its parent
  // is). Fails only if the modules directory cannot be used; a bad folder is a refusal. The runner
  // and the logger are borrowed for the catalog's life.
  static Result<std::unique_ptr<Catalog>> Open(Options options, operation::Runner& runner,
                                               Logger& logger);
  virtual ~Catalog() = default;

  // NotFound with the nearest names in the message. Waits for a scan under way, so a file whose
  // writing ended before the call is taken into account.
  virtual Result<Entry> Find(const std::string& operation) = 0;

  virtual std::vector<Entry> Entries() = 0;  // by name
  // The descriptors' artifact folders as the last scan found them; waits for none.
  virtual std::vector<std::string> ArtifactFolders() = 0;
  virtual std::vector<Refusal> Refusals() = 0;  // by file

  // The copy that an Entry had as `module_path`, perhaps in an earlier process. NotFound if it is
  // not there any more, or not what it was.
  virtual Result<LeasedModule> Recall(const std::string& module_path) = 0;
};

}  // namespace kubediag::catalog
