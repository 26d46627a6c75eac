/* Closes every descriptor there is, as daemons do, and goes on. */
#include <unistd.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  for (int fd = 0; fd < 1024; ++fd) close(fd);
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
