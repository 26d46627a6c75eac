/* Never ends, and never asks whether it should. */
#include "test/modules/module.h"

static volatile unsigned long turns;

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  for (;;) ++turns;
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
