/* A list with a null pointer in it. */
#include "test/modules/module.h"

static const kubediag_operation* const operations[] = {0};
static const kubediag_module module = {
    sizeof(kubediag_module), KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR, 0, operations, 1};
EXPORT_MODULE(&module)
