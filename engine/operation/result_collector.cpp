#include "engine/operation/result_collector.h"

#include <utility>

#include "engine/core/limits.h"
#include "engine/operation/text.h"

namespace kubediag::operation {
namespace {

Status Malformed(std::string message) {
  return {StatusCode::kInvalidArgument, "InvalidResult", std::move(message)};
}

Status Limit(std::string message) {
  return {StatusCode::kResourceExhausted, "ResultLimit", std::move(message)};
}

}  // namespace

Status ResultCollector::CheckKey(std::string_view key, bool is_new) const {
  if (!IsKey(key)) {
    return Malformed("result key \"" + ToReadableText(key, 80) +
                     "\" is not 1-253 of [A-Za-z0-9._-]");
  }
  if (is_new && results_.size() + artifacts_.size() >= kMaxResultKeys) {
    return Limit("more than " + std::to_string(kMaxResultKeys) + " results");
  }
  return {};
}

Status ResultCollector::Add(std::string_view key, std::string value) {
  const auto found = results_.find(key);
  KUBEDIAG_RETURN_IF_ERROR(CheckKey(key, found == results_.end()));
  const std::string name(key);
  if (value.size() > kMaxResultValueBytes) {
    return Limit("result " + name + " has " + std::to_string(value.size()) + " bytes, at most " +
                 std::to_string(kMaxResultValueBytes) + " are allowed");
  }
  const size_t replaced = found == results_.end() ? 0 : found->first.size() + found->second.size();
  const size_t bytes = bytes_ - replaced + key.size() + value.size();
  if (bytes > kMaxRunResultBytes) {
    return Limit("results of more than " + std::to_string(kMaxRunResultBytes) + " bytes at " +
                 name);
  }
  if (!IsUtf8(value)) return Malformed("result " + name + " is not UTF-8");
  bytes_ = bytes;
  if (found == results_.end()) {
    results_.emplace(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
  return {};
}

Status ResultCollector::AddArtifact(std::string_view key, std::string_view path) {
  KUBEDIAG_RETURN_IF_ERROR(CheckKey(key, artifacts_.find(key) == artifacts_.end()));
  if (!IsRelativePath(path)) {
    return Malformed("artifact " + std::string(key) + ": \"" + ToReadableText(path, 80) +
                     "\" is not a relative path");
  }
  artifacts_.insert_or_assign(std::string(key), std::string(path));
  return {};
}

void ResultCollector::MoveTo(RunOutcome& outcome) {
  outcome.results.clear();
  while (!results_.empty()) {
    auto node = results_.extract(results_.begin());
    outcome.results.emplace_hint(outcome.results.end(), std::move(node.key()),
                                 std::move(node.mapped()));
  }
  outcome.artifacts.clear();
  for (auto& [key, path] : artifacts_) outcome.artifacts.push_back({key, std::move(path)});
  artifacts_.clear();
  bytes_ = 0;
}

}  // namespace kubediag::operation
