#include "engine/catalog/scanner.h"

#include <utility>

#include "engine/core/limits.h"

namespace kubediag::catalog {
namespace {

// Failures that say nothing about the module, only about the moment.
bool IsPassing(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kCancelled:
    case StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

void Refuse(Snapshot& snapshot, const std::string& file, const Status& status) {
  snapshot.refusals[file] = Refusal{file, status.reason(), status.message()};
}

// A file time so young that a further write could leave it as it is, for the clock of a file system
// ticks slowly.
bool IsSettled(const FileIdentity& identity) {
  using std::chrono::nanoseconds;
  using std::chrono::system_clock;
  const nanoseconds now = system_clock::now().time_since_epoch();
  return nanoseconds(identity.changed) + kFileTimeGranularity < now;
}

}  // namespace

Scanner::Scanner(std::vector<std::string> folders, ModuleCopies copies, operation::Runner& runner)
    : folders_(std::move(folders)), copies_(std::move(copies)), runner_(runner) {}

Snapshot Scanner::Scan() {
  Snapshot snapshot;
  next_seen_.clear();
  used_.clear();
  for (const std::string& folder : folders_) ScanFolder(folder, snapshot);
  seen_ = std::move(next_seen_);
  next_seen_ = {};
  std::erase_if(described_, [this](const auto& item) {
    return used_.count(item.first) == 0 || IsPassing(item.second.refusal);
  });
  first_ = false;
  return snapshot;
}

bool Scanner::PruneCopies(Logger& logger) {
  if (used_ == pruned_for_ && !lingering_) return false;
  pruned_for_ = used_;
  const ModuleCopies::Pruned pruned = copies_.Prune();
  for (const std::string& sha256 : pruned.removed) {
    logger.Info("copy of a module removed", {{"sha256", sha256}});
  }
  lingering_ = pruned.leased > used_.size();
  return lingering_;
}

void Scanner::ScanFolder(const std::string& folder, Snapshot& snapshot) {
  const Result<UniqueFd> fd = OpenOperationsFolder(folder);
  if (!fd.ok()) {
    if (fd.status().code() != StatusCode::kNotFound) Refuse(snapshot, folder, fd.status());
    return;
  }
  const Result<std::vector<std::string>> names = ListModules(*fd, folder);
  if (!names.ok()) return Refuse(snapshot, folder, names.status());
  const std::string prefix = folder.ends_with('/') ? folder : folder + "/";
  for (const std::string& name : *names) {
    const std::string path = prefix + name;
    if (next_seen_.count(path) == 0) ScanFile(*fd, name, path, snapshot);
  }
}

void Scanner::ScanFile(const UniqueFd& folder, const std::string& name, const std::string& path,
                       Snapshot& snapshot) {
  Result<Seen> look = Look(folder, name, path);
  if (!look.ok()) {
    if (look.status().code() == StatusCode::kNotFound) return;
    if (IsPassing(look.status())) snapshot.retry = true;
    return Refuse(snapshot, path, look.status());
  }
  const Seen& seen = next_seen_[path] = *std::move(look);
  used_.insert(seen.copy.sha256);
  const Described& described = Describe(seen.copy);
  if (described.module) return Admit(seen, *described.module, path, snapshot);
  if (IsPassing(described.refusal)) snapshot.retry = true;
  Refuse(snapshot, path, described.refusal);
}

Result<Scanner::Seen> Scanner::Look(const UniqueFd& folder, const std::string& name,
                                    const std::string& path) {
  const auto known = seen_.find(path);
  Result<ModuleFile> file = OpenModuleFile(folder, name);
  if (!file.ok()) {
    // While a module is being overwritten, its last complete content stays in use.
    if (file.status().reason() == "BeingWritten" && known != seen_.end()) return known->second;
    return file.status();
  }
  if (known != seen_.end() && known->second.settled && known->second.identity == file->identity &&
      ModuleCopies::IsThere(known->second.copy.path)) {
    return known->second;
  }
  Seen seen;
  seen.identity = file->identity;
  seen.settled = IsSettled(file->identity);
  KUBEDIAG_ASSIGN_OR_RETURN(seen.copy, copies_.Add(file->fd.get(), path));
  if (known != seen_.end() && known->second.copy.sha256 == seen.copy.sha256) {
    seen.since = known->second.since;
    seen.at_start = known->second.at_start;
  } else {
    seen.since = std::chrono::system_clock::now();
    seen.at_start = first_;
  }
  return seen;
}

const Scanner::Described& Scanner::Describe(const ModuleCopies::Copy& copy) {
  const auto known = described_.find(copy.sha256);
  if (known != described_.end()) return known->second;
  Described described;
  if (Result<operation::ModuleDescriptor> module = runner_.Describe(copy.path); module.ok()) {
    described.module = *std::move(module);
  } else {
    described.refusal = module.status();
  }
  return described_.emplace(copy.sha256, std::move(described)).first->second;
}

void Scanner::Admit(const Seen& seen, const operation::ModuleDescriptor& module,
                    const std::string& path, Snapshot& snapshot) {
  // All or nothing: half a module in use would surprise more than none.
  for (const operation::OperationDescriptor& operation : module.operations) {
    const auto taken = snapshot.entries.find(operation.name);
    if (taken == snapshot.entries.end()) continue;
    std::string message = "operation " + operation.name + " of " + path;
    message += " is already provided by " + taken->second.file;
    if (taken->second.sha256 == seen.copy.sha256) message += " (the same module)";
    return Refuse(snapshot, path,
                  Status(StatusCode::kAlreadyExists, "DuplicateOperation", std::move(message)));
  }
  for (const operation::OperationDescriptor& operation : module.operations) {
    snapshot.entries[operation.name] = Entry{.descriptor = operation,
                                             .file = path,
                                             .module_path = seen.copy.path,
                                             .lease = seen.copy.lease,
                                             .sha256 = seen.copy.sha256,
                                             .since = seen.since,
                                             .at_start = seen.at_start};
  }
}

}  // namespace kubediag::catalog
