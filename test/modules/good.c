/* The one that does as it should: what is run after each of the others. */
#include "test/modules/module.h"

static kubediag_code run(const kubediag_host* host, const kubediag_job* job) {
  (void)job;
  const kubediag_string key = TEXT("good.result");
  const kubediag_string value = TEXT("fine");
  return host->emit(host->context, key, value);
}

static const kubediag_operation operation = {
    .struct_size = sizeof(kubediag_operation),
    .required_features = KUBEDIAG_FEATURE_REPEATABLE,
    .name = TEXT("good"),
    .version = TEXT("1"),
    .run = run,
};
EXPORT_OPERATIONS(&operation)
