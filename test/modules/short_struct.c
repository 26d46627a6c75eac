/* struct_size smaller than any version of the table. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
static const kubediag_operation operation = {.struct_size = 8, .name = TEXT("bad"), .run = run};
EXPORT_OPERATIONS(&operation)
