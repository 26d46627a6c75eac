/* Emits a million results and ignores every answer. */
#include <stdio.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  const kubediag_string value = TEXT("value");
  for (int i = 0; i < 1000000; ++i) {
    char text[32];
    const int size = snprintf(text, sizeof text, "key.%d", i);
    const kubediag_string key = {text, (size_t)size};
    host->emit(host->context, key, value);
  }
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
