/* Compiled for an interface of another major version. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)host;
  (void)job;
  return KUBEDIAG_OK;
}
static const kubediag_operation operation = {
    .struct_size = sizeof(kubediag_operation), .name = TEXT("bad"), .run = run};
static const kubediag_operation* const operations[] = {&operation};
static const kubediag_module module = {sizeof(kubediag_module), 2, 0, 0, operations, 1};
EXPORT_MODULE(&module)
