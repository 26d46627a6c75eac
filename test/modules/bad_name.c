/* A name that is no DNS label. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
static const kubediag_operation operation = {
    .struct_size = sizeof(kubediag_operation), .name = TEXT("Bad/Name"), .run = run};
EXPORT_OPERATIONS(&operation)
