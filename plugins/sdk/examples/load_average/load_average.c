/* How busy the node is: an operation in plain C, against <kubediag/abi.h> alone. */
#include <inttypes.h>
#include <kubediag/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT(literal) \
  { (literal), sizeof(literal) - 1 }

static const kubediag_parameter kThreshold = {
    .struct_size = sizeof(kubediag_parameter),
    .flags = KUBEDIAG_PARAMETER_HAS_MINIMUM, /* minimum is 0 */
    .kind = KUBEDIAG_KIND_INTEGER,
    .key = TEXT("load_average.threshold_percent"),
    .default_value = TEXT("100"),
    .doc = TEXT("Load of the last minute, per CPU, from which the node counts as busy."),
};
static const kubediag_parameter* const kParameters[] = {&kThreshold};

static kubediag_string View(const char* text) {
  const kubediag_string view = {text, strlen(text)};
  return view;
}

static kubediag_code Fail(const kubediag_host* host, const char* reason, const char* message) {
  host->fail(host->context, View(reason), View(message));
  return KUBEDIAG_FAILED_PRECONDITION;
}

/* The engine has checked that the value is an integer; it is not terminated, so it is copied. */
static int64_t Threshold(const kubediag_job* job) {
  for (size_t i = 0; i < job->parameter_count; ++i) {
    const kubediag_pair* pair = &job->parameters[i];
    char digits[32] = {0};
    if (pair->key.size != kThreshold.key.size ||
        memcmp(pair->key.data, kThreshold.key.data, pair->key.size) != 0 ||
        pair->value.size >= sizeof(digits)) {
      continue;
    }
    memcpy(digits, pair->value.data, pair->value.size);
    return strtoll(digits, NULL, 10);
  }
  return 100;
}

static kubediag_code Run(const kubediag_host* host, const kubediag_job* job) {
  static const char* const kKeys[] = {"load_average.1_minute", "load_average.5_minutes",
                                      "load_average.15_minutes"};
  double loads[3];
  char text[64];
  const int64_t threshold = Threshold(job);
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  FILE* const file = fopen("/proc/loadavg", "r");
  if (file == NULL) return Fail(host, "LoadNotReadable", "/proc/loadavg cannot be opened");
  const int count = fscanf(file, "%lf %lf %lf", &loads[0], &loads[1], &loads[2]);
  fclose(file);
  if (count != 3 || cpus < 1) return Fail(host, "LoadNotReadable", "/proc/loadavg is malformed");

  for (int i = 0; i < 3; ++i) {
    snprintf(text, sizeof(text), "%.2f", loads[i]);
    const kubediag_code code = host->emit(host->context, View(kKeys[i]), View(text));
    if (code != KUBEDIAG_OK) return code;
  }
  const double percent = loads[0] / (double)cpus * 100;
  snprintf(text, sizeof(text), "%s: %.0f %% of %ld CPUs, busy from %" PRId64 " %%",
           percent >= (double)threshold ? "busy" : "not busy", percent, cpus, threshold);
  return host->emit(host->context, View("load_average.verdict"), View(text));
}

static const kubediag_operation kLoadAverage = {
    .struct_size = sizeof(kubediag_operation),
    .optional_features = KUBEDIAG_FEATURE_REPEATABLE,
    .name = TEXT("load-average"),
    .version = TEXT("1.0"),
    .doc = TEXT("Tells how busy the node is."),
    .parameters = kParameters,
    .parameter_count = 1,
    .run = Run,
};
static const kubediag_operation* const kOperations[] = {&kLoadAverage};

static const kubediag_module kModule = {
    .struct_size = sizeof(kubediag_module),
    .abi_major = KUBEDIAG_ABI_MAJOR,
    .abi_minor = 0, /* an engine of 1.0 ignores the minimum, which does no harm */
    .operations = kOperations,
    .operation_count = 1,
};

const kubediag_module* kubediag_operation_module_v1(uint32_t host_major, uint32_t host_minor) {
  (void)host_minor; /* any minor version has what 1.0 has */
  return host_major == KUBEDIAG_ABI_MAJOR ? &kModule : NULL;
}
