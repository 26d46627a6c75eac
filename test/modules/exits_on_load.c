/* Ends the process while it is being loaded. */
#include <stdlib.h>

#include "test/modules/module.h"

__attribute__((constructor)) static void on_load(void) { exit(7); }

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
