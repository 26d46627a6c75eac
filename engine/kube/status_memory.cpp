#include "engine/kube/status_memory.h"

#include "engine/api/encode.h"

namespace kubediag::kube {
namespace {

constexpr size_t kEntryBytes = 512;  // of lists, maps and short strings

}  // namespace

void StatusMemory::Put(const api::ObjectMeta& metadata, const api::DiagnosisStatus& status) {
  const size_t bytes = api::EncodeStatusJson(status).size() + kEntryBytes;
  const std::lock_guard lock(mutex_);
  if (const auto found = by_uid_.find(metadata.uid); found != by_uid_.end()) Erase(found->second);
  if (bytes > max_bytes_) return;
  entries_.push_front({metadata.uid, metadata.resource_version, status, bytes});
  by_uid_[metadata.uid] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > max_bytes_) Erase(std::prev(entries_.end()));
}

std::optional<api::DiagnosisStatus> StatusMemory::Find(const api::ObjectMeta& metadata) {
  const std::lock_guard lock(mutex_);
  const auto found = by_uid_.find(metadata.uid);
  if (found == by_uid_.end()) return std::nullopt;
  if (found->second->resource_version != metadata.resource_version) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->status;
}

void StatusMemory::Forget(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_uid_.find(uid); found != by_uid_.end()) Erase(found->second);
}

size_t StatusMemory::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void StatusMemory::Erase(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_uid_.erase(entry->uid);
  entries_.erase(entry);
}

}  // namespace kubediag::kube
