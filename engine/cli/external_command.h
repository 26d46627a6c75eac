// `kubediag X` for an X that is not built in: executes kubediag-X from the program's own folder, as
// git does.
#pragma once

#include <string>
#include <vector>

namespace kubediag::cli {

// Replaces this process by `bin`/kubediag-`name` with arguments[0 …] after its name. Returns only
// if there is no such program (or it cannot be executed; then errno tells).
void ExecuteExternalCommand(const std::string& bin, const std::string& name,
                            const std::vector<std::string>& arguments);

}  // namespace kubediag::cli
