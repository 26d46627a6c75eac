/* Writes where nothing is. */
#include "test/modules/module.h"

static int* volatile nowhere;

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  *nowhere = 1;
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
