/* Recurses without end. */
#include "test/modules/module.h"

static volatile int never;

static int descend(int depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  if (never) return frame[0];
  return descend(depth + 1) + frame[0];
}

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return descend(0);
}
EXPORT_RUN(run)
