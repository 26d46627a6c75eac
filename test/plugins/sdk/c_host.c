/* A C program that is the engine to a module: <kubediag/abi.h> is C11 and enough for both sides.
 * Linked with examples/load_average, a module in C. Exit status 0: all as it should be. */
#include <kubediag/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Record {
  char keys[8][64];
  char values[8][128];
  int count;
  char reason[64];
  int failures;
  kubediag_code answer; /* of emit() */
} Record;

static int failed = 0;

static void Check(int is_true, const char* what) {
  if (is_true) return;
  fprintf(stderr, "failed: %s\n", what);
  failed = 1;
}
#define CHECK(condition) Check((condition), #condition)

static void Copy(char* to, size_t size, kubediag_string from) {
  const size_t count = from.size < size - 1 ? from.size : size - 1;
  memcpy(to, from.data, count);
  to[count] = '\0';
}

static kubediag_string View(const char* text) {
  const kubediag_string view = {text, strlen(text)};
  return view;
}

static kubediag_code Emit(void* context, kubediag_string key, kubediag_string value) {
  Record* const record = context;
  if (record->answer != KUBEDIAG_OK) return record->answer;
  if (record->count == 8) return KUBEDIAG_RESOURCE_EXHAUSTED;
  Copy(record->keys[record->count], sizeof(record->keys[0]), key);
  Copy(record->values[record->count], sizeof(record->values[0]), value);
  ++record->count;
  return KUBEDIAG_OK;
}
static kubediag_code EmitArtifact(void* context, kubediag_string key, kubediag_string path) {
  (void)context;
  (void)key;
  (void)path;
  return KUBEDIAG_INVALID_ARGUMENT; /* there is no folder */
}
static void Fail(void* context, kubediag_string reason, kubediag_string message) {
  Record* const record = context;
  (void)message;
  if (record->failures++ == 0) Copy(record->reason, sizeof(record->reason), reason);
}
static void Log(void* context, int32_t level, kubediag_string message) {
  (void)context;
  fprintf(stderr, "log %d: %.*s\n", (int)level, (int)message.size, message.data);
}
static int32_t Cancelled(void* context) {
  (void)context;
  return 0;
}
static kubediag_code Complete(void* context, uint64_t linger, kubediag_bytes state) {
  (void)context;
  (void)linger;
  (void)state;
  return KUBEDIAG_FAILED_PRECONDITION; /* the operation does not serve */
}

static kubediag_code Run(const kubediag_operation* operation, const char* threshold,
                         Record* record) {
  const kubediag_pair parameter = {View("load_average.threshold_percent"), View(threshold)};
  const kubediag_host host = {
      .struct_size = sizeof(kubediag_host),
      .abi_major = KUBEDIAG_ABI_MAJOR,
      .abi_minor = KUBEDIAG_ABI_MINOR,
      .context = record,
      .emit = Emit,
      .emit_artifact = EmitArtifact,
      .fail = Fail,
      .log = Log,
      .cancelled = Cancelled,
      .complete = Complete,
  };
  const kubediag_job job = {
      .struct_size = sizeof(kubediag_job),
      .artifact_directory = -1,
      .listen_socket = -1,
      .cancel_descriptor = -1,
      .operation = operation->name,
      .parameters = &parameter,
      .parameter_count = 1,
  };
  return operation->run(&host, &job);
}

int main(void) {
  Record idle = {0};
  Record busy = {0};
  Record full = {.answer = KUBEDIAG_RESOURCE_EXHAUSTED};
  CHECK(kubediag_operation_module_v1(2, 0) == NULL);
  const kubediag_module* const module =
      kubediag_operation_module_v1(KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR);
  CHECK(module != NULL);
  if (module == NULL) return 1;
  CHECK(module->struct_size == sizeof(kubediag_module));
  CHECK(module->operation_count == 1);
  const kubediag_operation* const operation = module->operations[0];
  CHECK(operation->name.size == 12 && memcmp(operation->name.data, "load-average", 12) == 0);
  CHECK((operation->optional_features & KUBEDIAG_FEATURE_REPEATABLE) != 0);
  CHECK((operation->required_features & ~KUBEDIAG_FEATURES_KNOWN) == 0);
  CHECK(operation->restore == NULL);

  CHECK(Run(operation, "0", &busy) == KUBEDIAG_OK);
  CHECK(busy.count == 4 && busy.failures == 0);
  CHECK(strcmp(busy.keys[0], "load_average.1_minute") == 0);
  CHECK(strncmp(busy.values[3], "busy: ", 6) == 0);
  CHECK(Run(operation, "100000000", &idle) == KUBEDIAG_OK);
  CHECK(strncmp(idle.values[3], "not busy: ", 10) == 0);
  CHECK(Run(operation, "0", &full) == KUBEDIAG_RESOURCE_EXHAUSTED);
  return failed;
}
