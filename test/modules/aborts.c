/* Aborts, with its last words on standard error. */
#include <stdio.h>
#include <stdlib.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  fputs("last words\n", stderr);
  abort();
}
EXPORT_RUN(run)
