/* Writes to every descriptor there is. */
#include <stddef.h>
#include <unistd.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  static const char garbage[] = "this is not for you, whoever reads it\n";
  for (int fd = 0; fd < 1024; ++fd) {
    if (write(fd, garbage, sizeof garbage - 1) < 0) continue;
  }
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
