/* Emits a result of 100 MB. */
#include <stdlib.h>
#include <string.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  const size_t size = 100000000;
  char* text = malloc(size);
  if (text == NULL) return KUBEDIAG_RESOURCE_EXHAUSTED;
  memset(text, 'x', size);
  const kubediag_string key = TEXT("huge");
  const kubediag_string value = {text, size};
  host->emit(host->context, key, value);
  free(text);
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
