#include "engine/cli/program_paths.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace kubediag::cli {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

Result<ProgramPaths> ProgramPaths::Find() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Status::FromErrno("read /proc/self/exe", error.value());
  const std::filesystem::path bin = program.parent_path();
  const std::filesystem::path prefix = bin.parent_path();
  return ProgramPaths{bin.string(), (prefix / "libexec" / "kubediag").string(),
                      (prefix / "lib" / "kubediag" / "operations").string()};
}

Result<std::string> DefaultDataRoot() {
  if (geteuid() == 0) return std::string("/var/lib/kubediag");
  // A relative path is to be ignored (XDG base directories).
  const std::string_view state = Variable("XDG_STATE_HOME");
  if (state.starts_with('/')) return std::string(state) + "/kubediag";
  const std::string_view home = Variable("HOME");
  if (home.starts_with('/')) return std::string(home) + "/.local/state/kubediag";
  return Status::FailedPrecondition("neither XDG_STATE_HOME nor HOME is set: give --data-root");
}

}  // namespace kubediag::cli
