// Threads with fewer capabilities than the test has, which must be root's.
#pragma once

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <initializer_list>
#include <thread>

namespace kubediag::host {

inline void InThread(const std::function<void()>& body) { std::thread(body).join(); }

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

inline void ChangeCapabilities(const std::function<void(CapabilitySets&)>& change) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  CapabilitySets sets{};
  ASSERT_EQ(syscall(SYS_capget, &header, sets.data()), 0);
  change(sets);
  ASSERT_EQ(syscall(SYS_capset, &header, sets.data()), 0);
}

// The word of the sets that the capability's bit is in.
inline __user_cap_data_struct& OneOf(CapabilitySets& sets, int capability) {
  return sets[CAP_TO_INDEX(static_cast<unsigned>(capability))];
}

inline void GiveUp(std::initializer_list<int> capabilities) {
  ChangeCapabilities([&](CapabilitySets& sets) {
    for (const int capability : capabilities) {
      OneOf(sets, capability).effective &= ~CAP_TO_MASK(capability);
    }
  });
}

inline void MakeAmbient(std::initializer_list<int> capabilities) {
  ChangeCapabilities([&](CapabilitySets& sets) {
    for (const int capability : capabilities) {
      OneOf(sets, capability).inheritable |= CAP_TO_MASK(capability);
    }
  });
  for (const int capability : capabilities) {
    ASSERT_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), 0);
  }
}

// The calling thread alone; it keeps root's capabilities.
inline void BecomeUserWithCapabilities(uid_t uid) {
  ASSERT_EQ(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
  ASSERT_EQ(syscall(SYS_setresuid, uid, uid, uid), 0);
  ChangeCapabilities([](CapabilitySets& sets) {
    for (auto& word : sets) word.effective = word.permitted;
  });
  ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);  // of the process, and the change cleared it
}

}  // namespace kubediag::host
