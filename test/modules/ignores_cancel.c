/* Takes TERM for itself, ignores it, and sleeps on. */
#include <signal.h>
#include <unistd.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  const kubediag_string message = TEXT("ignoring");
  signal(SIGTERM, SIG_IGN);
  host->log(host->context, KUBEDIAG_LOG_INFO, message);
  for (;;) pause();
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
