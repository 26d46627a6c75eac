/* A Secret whose parameter does not end in "secret_reference.name". */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
static const kubediag_string data_keys[] = {TEXT("token")};
static const kubediag_secret secret = {.struct_size = sizeof(kubediag_secret),
                                       .namespace_parameter = TEXT("bad.namespace"),
                                       .name_parameter = TEXT("bad.token_of"),
                                       .data_keys = data_keys,
                                       .data_key_count = 1};
static const kubediag_secret* const secrets[] = {&secret};
static const kubediag_operation operation = {.struct_size = sizeof(kubediag_operation),
                                             .name = TEXT("bad"),
                                             .secrets = secrets,
                                             .secret_count = 1,
                                             .run = run};
EXPORT_OPERATIONS(&operation)
