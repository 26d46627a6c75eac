/* Emits bytes that are no text, and passes the answer on. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  const kubediag_string key = TEXT("bytes");
  const kubediag_string value = TEXT("caf\xe9");
  return host->emit(host->context, key, value);
}
EXPORT_RUN(run)
