#include "plugins/function/sources.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "engine/core/file.h"

namespace kubediag::function_runner {
namespace {

constexpr std::string_view kPrefix = "code_source/";
constexpr std::string_view kEntry = "function.py";
constexpr size_t kMaxNameBytes = 200;

bool IsFileName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

Status Invalid(std::string message) {
  return {StatusCode::kInvalidArgument, "CodeSourceInvalid", std::move(message)};
}

}  // namespace

Sources::~Sources() {
  for (const std::string& name : names_) unlinkat(directory_fd_, name.c_str(), 0);
}

Status Sources::Write(const Values& settings) {
  for (const auto& [key, content] : settings) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string name(key.substr(kPrefix.size()));
    if (!IsFileName(name)) return Invalid("codeSource: \"" + name + "\" is not a plain file name");
    names_.push_back(name);
    KUBEDIAG_RETURN_IF_ERROR(ReplaceFileAt(directory_fd_, name, content));
  }
  if (std::find(names_.begin(), names_.end(), kEntry) != names_.end()) return Status::Ok();
  std::string listed;
  for (const std::string& name : names_) listed += (listed.empty() ? "" : ", ") + name;
  return Invalid("codeSource has no function.py (it has " + (listed.empty() ? "nothing" : listed) +
                 ")");
}

}  // namespace kubediag::function_runner
