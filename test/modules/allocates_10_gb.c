/* Takes memory until it is refused, and does not check. */
#include <stdlib.h>
#include <string.h>

#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  const size_t piece = (size_t)16 << 20;
  for (size_t taken = 0; taken < (size_t)10 << 30; taken += piece) {
    char* memory = malloc(piece);
    if (memory == NULL) {
      const kubediag_string reason = TEXT("OutOfMemory");
      const kubediag_string message = TEXT("malloc gave nothing");
      host->fail(host->context, reason, message);
      return KUBEDIAG_RESOURCE_EXHAUSTED;
    }
    memset(memory, 1, piece);
  }
  return KUBEDIAG_OK;
}
EXPORT_RUN(run)
