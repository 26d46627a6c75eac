#include "engine/host/capabilities.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace kubediag::host {
namespace {

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

__user_cap_header_struct OfThisThread() {
  return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

struct Capability {
  unsigned number;
  const char* name;
};

bool IsEffective(const Sets& sets, unsigned capability) {
  return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

// Whether a program that we start has it too: root's are given anew, others must be ambient.
bool IsPassedOn(const Sets& sets, unsigned capability) {
  const int securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  const bool root_counts = securebits >= 0 && (securebits & SECBIT_NOROOT) == 0;
  if (geteuid() == 0 && root_counts) return IsEffective(sets, capability);
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1;
}

void Name(std::string& list, const Capability& capability) {
  if (!list.empty()) list += ", ";
  list += capability.name;
}

}  // namespace

Status CheckCapabilitiesFor(const OperationUser& user) {
  auto header = OfThisThread();
  Sets sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return Status::FromErrno("capget", errno);
  const bool other_user = user.uid != geteuid();
  const bool other_owner = other_user || user.gid != getegid();
  std::string missing;
  std::string not_ambient;
  const auto need = [&](bool needed, const Capability& capability, bool in_the_host) {
    if (!needed) return;
    if (!IsEffective(sets, capability.number)) {
      Name(missing, capability);
    } else if (in_the_host && !IsPassedOn(sets, capability.number)) {
      Name(not_ambient, capability);
    }
  };
  need(other_user, {CAP_SETUID, "CAP_SETUID"}, true);
  need(true, {CAP_SETGID, "CAP_SETGID"}, true);  // supplementary groups are left even so
  need(other_user, {CAP_KILL, "CAP_KILL"}, false);
  need(other_owner, {CAP_CHOWN, "CAP_CHOWN"}, false);
  need(other_user, {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"}, false);
  const std::string who = "to run operations as user " + std::to_string(user.uid) + ":" +
                          std::to_string(user.gid) + " this process needs ";
  if (!missing.empty()) return Status::PermissionDenied(who + missing);
  if (!not_ambient.empty()) {
    return Status::PermissionDenied(who + not_ambient + " as ambient capabilities");
  }
  return {};
}

Status DropBoundingSet() {
  for (int capability = 0;; ++capability) {
    const int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) return {};  // beyond the last one the kernel knows
    if (held == 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EPERM) return {};
    return Status::FromErrno("drop the bounding set", errno);
  }
}

Status DropCapabilities() {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return Status::FromErrno("drop ambient capabilities", errno);
  }
  auto header = OfThisThread();
  const Sets none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) {
    return Status::FromErrno("drop capabilities", errno);
  }
  return {};
}

}  // namespace kubediag::host
