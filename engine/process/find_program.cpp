#include "engine/process/find_program.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace kubediag::process {
namespace {

bool IsExecutableFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> FindProgram(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) {
    if (IsExecutableFile(name)) return name;
    return Status::NotFound("is not an executable file");
  }
  while (!path.empty() && !name.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    std::string program(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (!program.starts_with('/')) continue;
    program.append("/").append(name);
    if (IsExecutableFile(program)) return program;
  }
  return Status::NotFound("is not in PATH");
}

}  // namespace kubediag::process
