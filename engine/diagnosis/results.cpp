#include "engine/diagnosis/results.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/byte_codec.h"
#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/executor.h"
#include "engine/operation/text.h"

namespace kubediag::diagnosis {
namespace {

// Result keys are file names, but for the two that mean directories; '%' is in no key.
std::string FileNameOf(const std::string& key) {
  if (key == ".") return "%2E";
  if (key == "..") return "%2E%2E";
  return key;
}

Status WriteValue(int directory, const std::string& name, std::string_view value, bool sync) {
  if (sync) return ReplaceFileAt(directory, name, value);
  KUBEDIAG_ASSIGN_OR_RETURN(UniqueFd fd, OpenAt(directory, name, O_WRONLY | O_CREAT | O_TRUNC));
  return WriteAll(fd.get(), value);
}

}  // namespace

void Overlay(ResultMap& onto, const ResultMap& later) {
  for (const auto& [key, entry] : later) onto.insert_or_assign(key, entry);
}

std::string MapDigest(std::string_view base, const ResultMap& results) {
  ByteWriter bytes;
  bytes.Text(base);
  for (const auto& [key, entry] : results) {
    bytes.Text(key);
    bytes.Text(entry->sha256);
  }
  return Sha256Hex(bytes.bytes());
}

std::string SummaryOf(const ResultMap& results) {
  for (const auto& [key, entry] : results) {
    if (!key.ends_with(kSummaryKeySuffix)) continue;
    const std::string_view value = entry->value;
    return std::string(value.substr(0, std::min(value.find('\n'), kMaxMessageBytes)));
  }
  return {};
}

Status ResultFolder::Save(const std::map<std::string, ResultEntry*>& entries) const {
  const bool each = entries.size() <= kMaxSyncedFiles;
  for (const auto& [key, entry] : entries) {
    std::string path = relative_path_;
    path.append("/").append(entry->folder);
    KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd directory, MakeDirectoryAt(data_root_, path));
    const std::string name = FileNameOf(key);
    KUBEDIAG_RETURN_IF_ERROR(
        WriteValue(directory.get(), name, entry->value, each).Annotate("save result " + key));
    entry->artifact = api::Artifact{.key = key,
                                    .path = path.append("/").append(name),
                                    .size = static_cast<int64_t>(entry->value.size()),
                                    .sha256 = entry->sha256};
  }
  if (!each && syncfs(data_root_) != 0) return Status::FromErrno("save results: syncfs", errno);
  return Status::Ok();
}

Result<ResultMap> TakeResults(std::map<std::string, std::string> emitted, const std::string& run,
                              const ResultFolder& folder) {
  const auto limit = [](const std::string& what) {
    return Status::ResourceExhausted(what).WithReason("ResultLimit");
  };
  if (emitted.size() > kMaxResultKeys) {
    return limit(std::to_string(emitted.size()) + " results, the limit is " +
                 std::to_string(kMaxResultKeys));
  }
  ResultMap results;
  std::map<std::string, ResultEntry*> large;
  size_t total = 0;
  for (auto it = emitted.begin(); it != emitted.end(); ++it) {
    const std::string& key = it->first;
    std::string& value = it->second;
    if (!operation::IsKey(key)) {
      return Status::InvalidArgument("\"" + key.substr(0, kMaxResultKeyBytes) +
                                     "\" is no result key");
    }
    total += value.size();
    if (value.size() > kMaxResultValueBytes || total > kMaxRunResultBytes) {
      return limit("result " + key + " is beyond what one run may give");
    }
    auto entry = std::make_shared<ResultEntry>();
    entry->sha256 = Sha256Hex(value);
    entry->value = std::move(value);
    entry->folder = run;
    if (entry->value.size() > kMaxStatusValueBytes) large.emplace(key, entry.get());
    results.emplace(key, std::move(entry));
  }
  KUBEDIAG_RETURN_IF_ERROR(folder.Save(large));
  return results;
}

std::map<std::string, RecordedValue> ToRecord(const ResultMap& results) {
  std::map<std::string, RecordedValue> recorded;
  for (const auto& [key, entry] : results) {
    RecordedValue value{.bytes = {},
                        .saved_path = std::nullopt,
                        .size = entry->value.size(),
                        .sha256 = entry->sha256};
    if (entry->artifact) {
      value.saved_path = entry->artifact->path;
    } else {
      value.bytes = entry->value;
    }
    recorded.emplace(key, std::move(value));
  }
  return recorded;
}

Result<ResultMap> FromRecord(const std::map<std::string, RecordedValue>& recorded,
                             const std::string& run, int data_root) {
  ResultMap results;
  for (const auto& [key, value] : recorded) {
    auto entry = std::make_shared<ResultEntry>();
    entry->sha256 = value.sha256;
    entry->folder = run;
    if (value.saved_path) {
      const auto lost = [&key = key](const std::string& why) {
        return Status::DataLoss(why).Annotate("the saved result " + key + " cannot be read again");
      };
      auto fd = OpenAt(data_root, *value.saved_path, O_RDONLY);
      if (!fd.ok()) return lost(fd.status().message());
      auto bytes = ReadAll(fd->get(), *value.saved_path, kMaxResultValueBytes);
      if (!bytes.ok()) return lost(bytes.status().message());
      if (Sha256Hex(*bytes) != value.sha256) return lost("its bytes have changed");
      entry->value = *std::move(bytes);
      entry->artifact = api::Artifact{.key = key,
                                      .path = *value.saved_path,
                                      .size = static_cast<int64_t>(value.size),
                                      .sha256 = value.sha256};
    } else {
      entry->value = value.bytes;
    }
    results.emplace(key, std::move(entry));
  }
  return results;
}

Status PutResults(const ResultMap& results, const ResultFolder& folder,
                  api::DiagnosisStatus& status) {
  std::vector<ResultMap::const_iterator> by_size;
  by_size.reserve(results.size());
  for (auto it = results.begin(); it != results.end(); ++it) by_size.push_back(it);
  std::stable_sort(by_size.begin(), by_size.end(), [](const auto& a, const auto& b) {
    return a->second->value.size() < b->second->value.size();
  });

  size_t used = 0;
  std::map<std::string, ResultEntry*> unsaved;
  std::map<std::string, const ResultEntry*> left_out;
  for (const auto& it : by_size) {
    const auto& [key, entry] = *it;
    const size_t cost = key.size() + entry->value.size();
    if (entry->value.size() <= kMaxStatusValueBytes && used + cost <= kMaxStatusResultBytes) {
      used += cost;
      status.operation_results.emplace(key, entry->value);
      continue;
    }
    if (!entry->artifact) unsaved.emplace(key, entry.get());
    left_out.emplace(key, entry.get());
  }
  Status saved = folder.Save(unsaved);
  for (const auto& [key, entry] : left_out) {
    if (entry->artifact) status.artifacts.push_back(*entry->artifact);
  }
  return saved;
}

}  // namespace kubediag::diagnosis
