// Command: what to execute and with what, said completely: nothing is inherited unless named here.
//
// A plain value. Descriptors are borrowed until the child has been spawned.
#pragma once

#include <string>
#include <vector>

namespace kubediag::process {

// `from` of this process becomes `to` in the child.
struct DescriptorMapping {
  int from = -1;
  int to = -1;
};

enum class Group {
  kOwn,        // the child leads a process group, which is signalled and ended as a whole
  kInherited,  // the child stays in our group: it also ends with us when an operation's group is
               // killed
};

struct Command {
  std::string program;                   // absolute path; PATH is not searched
  std::vector<std::string> arguments;    // after argv[0], which is `program`
  std::vector<std::string> environment;  // "NAME=value"; see CleanEnvironment()
  std::string working_directory;         // empty: ours
  // Descriptors 0-2 that are not mapped are /dev/null; any other that is not mapped is closed.
  std::vector<DescriptorMapping> descriptors;
  Group group = Group::kOwn;
};

// What programs that trust nothing need: PATH of the system's folders, LANG=C.UTF-8, HOME=/, and
// our own TZ if there is one. (In sanitizer builds also the runtime's options.)
std::vector<std::string> CleanEnvironment();

}  // namespace kubediag::process
