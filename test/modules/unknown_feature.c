/* Requires a feature no engine has. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
static const kubediag_operation operation = {.struct_size = sizeof(kubediag_operation),
                                             .required_features = KUBEDIAG_FEATURES_KNOWN + 1,
                                             .name = TEXT("bad"),
                                             .run = run};
EXPORT_OPERATIONS(&operation)
