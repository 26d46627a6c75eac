#include "engine/cli/external_command.h"

#include <unistd.h>

namespace kubediag::cli {

void ExecuteExternalCommand(const std::string& bin, const std::string& name,
                            const std::vector<std::string>& arguments) {
  // Only beside us: neither the PATH nor a slash in the name may choose another program.
  if (name.empty() || name.find('/') != std::string::npos) return;
  const std::string program = bin + "/kubediag-" + name;
  if (access(program.c_str(), X_OK) != 0) return;
  std::vector<const char*> argv;
  argv.push_back(program.c_str());
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  execv(program.c_str(), const_cast<char* const*>(argv.data()));
}

}  // namespace kubediag::cli
