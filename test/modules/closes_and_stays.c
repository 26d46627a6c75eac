/* Closes every descriptor there is and never ends. */
#include <unistd.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  for (int fd = 0; fd < 1024; ++fd) close(fd);
  for (;;) pause();
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
