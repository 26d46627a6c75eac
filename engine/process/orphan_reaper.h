// OrphanReaper: makes this process the one that orphaned descendants fall to, and ends them.
//
// Meant for the engine, one at a time; a process that has none keeps the kernel's default. Not
// every strange child may be killed, for a program that embeds the engine has children of its own.
// A child is taken for an orphan of a run only if it was not spawned by this library and carries
// no_new_privs, which every run sets before foreign code is loaded and which no descendant can
// drop. An embedder that runs under no_new_privs itself and forks on its own must not create an
// OrphanReaper.
//
// Thread-safe.
#pragma once

#include <cstddef>

namespace kubediag::process {

class OrphanReaper {
 public:
  OrphanReaper();   // PR_SET_CHILD_SUBREAPER
  ~OrphanReaper();  // as it was before
  OrphanReaper(const OrphanReaper&) = delete;
  OrphanReaper& operator=(const OrphanReaper&) = delete;

  // Kills and reaps all orphans, and what falls to us thereby, for kOrphanTimeout at most; returns
  // how many were reaped. To be called when a run's own process has ended.
  size_t Reap();

 private:
  bool was_subreaper_ = false;
};

}  // namespace kubediag::process
