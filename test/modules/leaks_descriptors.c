/* Opens files until it is refused. */
#include <fcntl.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  int opened = 0;
  while (opened < 1000000 && open("/dev/null", O_RDONLY) >= 0) ++opened;
  const kubediag_string reason = TEXT("OutOfDescriptors");
  const kubediag_string message = TEXT("open() was refused");
  if (opened < 1000000) host->fail(host->context, reason, message);
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
