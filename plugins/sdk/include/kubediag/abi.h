/* The binary interface between the engine and an operation module, version 1. C11; no other header
 * of ours is needed.
 *
 * A module is a shared object that exports exactly one symbol, kubediag_operation_module_v1. The
 * engine calls it once per process and then runs the operations it describes, each run in a process
 * of its own unless a test asks otherwise.
 *
 * Conventions
 * - Text is UTF-8, given as pointer and length, never terminated. An empty view may have a null
 * pointer.
 * - OWNERSHIP is stated at each pointer. The side that allocated memory frees it; nothing changes
 * hands. What the engine passes to a call is borrowed until that call returns; what a module's
 * descriptor points to lives as long as the process.
 * - Tables that may grow start with struct_size, set by whoever fills them to sizeof as it was
 * compiled. The reader treats members beyond struct_size as zero. Members are only ever appended.
 * Views, pairs and enumerators are frozen.
 * - Functions return a kubediag_code. A code the reader does not know counts as KUBEDIAG_INTERNAL.
 * - No C++ exception, longjmp or thread cancellation may cross a function of this interface.
 * - Trust: a module is code the administrator installed. The process boundary contains accidents,
 * not malice.
 *
 * Growth rules and the meaning of every member are told at length in ABI.md.
 */
#ifndef KUBEDIAG_ABI_H_
#define KUBEDIAG_ABI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KUBEDIAG_ABI_MAJOR 1u
#define KUBEDIAG_ABI_MINOR 1u

/* Borrowed text. */
typedef struct kubediag_string {
  const char* data;
  size_t size; /* bytes */
} kubediag_string;

/* Borrowed bytes. */
typedef struct kubediag_bytes {
  const uint8_t* data;
  size_t size;
} kubediag_bytes;

typedef struct kubediag_pair {
  kubediag_string key;
  kubediag_string value;
} kubediag_pair;

/* What a call answers. */
typedef int32_t kubediag_code;
enum {
  KUBEDIAG_OK = 0,
  KUBEDIAG_INVALID_ARGUMENT = 1,
  KUBEDIAG_NOT_FOUND = 2,
  KUBEDIAG_ALREADY_EXISTS = 3,
  KUBEDIAG_PERMISSION_DENIED = 4,
  KUBEDIAG_FAILED_PRECONDITION = 5,
  KUBEDIAG_RESOURCE_EXHAUSTED = 6,
  KUBEDIAG_DEADLINE_EXCEEDED = 7,
  KUBEDIAG_CANCELLED = 8,
  KUBEDIAG_UNAVAILABLE = 9,
  KUBEDIAG_DATA_LOSS = 10,
  KUBEDIAG_UNIMPLEMENTED = 11,
  KUBEDIAG_INTERNAL = 12
};

enum {
  KUBEDIAG_LOG_DEBUG = 0,
  KUBEDIAG_LOG_INFO = 1,
  KUBEDIAG_LOG_WARNING = 2,
  KUBEDIAG_LOG_ERROR = 3
};

/* Feature bits of kubediag_operation. In required_features a bit the engine does not know refuses
 * the module; in optional_features it is ignored. */
#define KUBEDIAG_FEATURE_REPEATABLE (UINT64_C(1) << 0) /* may run again without harm */
#define KUBEDIAG_FEATURE_NETWORK (UINT64_C(1) << 1)    /* opens network connections */
#define KUBEDIAG_FEATURE_SERVES_HTTP \
  (UINT64_C(1) << 2) /* wants a listening socket; may complete() and live on */
#define KUBEDIAG_FEATURE_HOST_PID (UINT64_C(1) << 3) /* needs the node's process table */
#define KUBEDIAG_FEATURE_SPAWNS (UINT64_C(1) << 4)   /* starts child processes */
/* reads keys it does not declare, as a script does: no key is reported as unknown */
#define KUBEDIAG_FEATURE_OPEN_PARAMETERS (UINT64_C(1) << 5)
#define KUBEDIAG_FEATURES_KNOWN ((UINT64_C(1) << 6) - 1)

/* What a parameter's text must look like. */
enum {
  KUBEDIAG_KIND_STRING = 0,
  KUBEDIAG_KIND_INTEGER = 1, /* decimal, optional sign, fits int64 */
  KUBEDIAG_KIND_BOOLEAN = 2, /* "true" or "false" */
  KUBEDIAG_KIND_CHOICE = 3,  /* one of choices, case-sensitive */
  KUBEDIAG_KIND_URL = 4      /* http or https, a host, no user information, port <= 65535 */
};

#define KUBEDIAG_PARAMETER_REQUIRED (UINT32_C(1) << 0)
/* An earlier operation's result is expected to supply it: validation does not report it as missing.
 */
#define KUBEDIAG_PARAMETER_FROM_RESULTS (UINT32_C(1) << 1)
/* Since 1.1. An older engine ignores them: a module that cannot do without asks for abi_minor 1. */
#define KUBEDIAG_PARAMETER_HAS_MINIMUM (UINT32_C(1) << 2) /* KIND_INTEGER: `minimum` holds */
#define KUBEDIAG_PARAMETER_HAS_MAXIMUM (UINT32_C(1) << 3) /* KIND_INTEGER: `maximum` holds */
#define KUBEDIAG_PARAMETER_BASE_URL (UINT32_C(1) << 4)    /* KIND_URL: no query, no fragment */

/* A parameter an operation reads. */
typedef struct kubediag_parameter {
  uint32_t struct_size;
  uint32_t flags; /* KUBEDIAG_PARAMETER_… */
  int32_t kind;   /* KUBEDIAG_KIND_… */
  uint32_t reserved;
  kubediag_string key;
  kubediag_string default_value; /* used when the key is absent; null data: no default */
  kubediag_string doc;           /* one line */
  kubediag_string violation; /* sentence for a missing or malformed value, but neither for a number
                                out of its range nor a malformed URL; empty: the engine words it */
  const kubediag_string* choices;
  size_t choice_count;
  int64_t minimum; /* since 1.1; least value, with HAS_MINIMUM only */
  int64_t maximum; /* since 1.1; greatest value, with HAS_MAXIMUM only */
} kubediag_parameter;

/* A Secret an operation wants. The engine reads it under its own rules, from the Diagnosis'
 * parameters only. */
typedef struct kubediag_secret {
  uint32_t struct_size;
  uint32_t reserved;
  kubediag_string namespace_parameter; /* key of the parameter that names the namespace */
  kubediag_string
      name_parameter; /* must end in "secret_reference.name"; absent parameter: no Secret is read */
  const kubediag_string* data_keys; /* data keys handed over; each must be present and not empty */
  size_t data_key_count;
  kubediag_string https_parameter; /* since 1.1; key of a declared KIND_URL parameter: if its value
                                      is https, the Secret must be named; empty: no such rule */
  kubediag_string violation; /* since 1.1; sentence for that case; empty: the engine words it */
} kubediag_secret;

/* One item of a Secret, handed to a run. */
typedef struct kubediag_secret_value {
  kubediag_string name_parameter; /* which declaration it answers */
  kubediag_string data_key;
  kubediag_bytes value; /* decoded */
} kubediag_secret_value;

/* What one run is given. OWNERSHIP: the engine's; borrowed until run() or restore() returns. */
typedef struct kubediag_job {
  uint32_t struct_size;
  int32_t artifact_directory; /* descriptor of this run's own folder, -1 without artifact_folder;
                                 not to be closed */
  int32_t listen_socket;      /* bound and listening, -1 without SERVES_HTTP; not to be closed */
  int32_t cancel_descriptor;  /* becomes readable when the run is to end; never read from it */
  uint64_t
      deadline; /* nanoseconds of CLOCK_MONOTONIC, 0: none; no longer applies after complete() */
  kubediag_string operation; /* name of the operation to run */
  kubediag_string
      base_url; /* of listen_socket, with the capability in its path and a '/' at its end */
  kubediag_string artifact_path;     /* path of artifact_directory as people on the node see it */
  kubediag_string libexec_directory; /* where the engine's helper programs are */
  kubediag_bytes state;              /* restore() only: what complete() was given */
  const kubediag_pair*
      parameters; /* sorted by key, each key once; defaults of the declaration filled in */
  size_t parameter_count;
  const kubediag_pair*
      settings; /* from the Operation object's processor; lists repeat their key in order */
  size_t setting_count;
  const kubediag_pair* policy; /* from the administrator; lists repeat their key */
  size_t policy_count;
  const kubediag_secret_value* secrets;
  size_t secret_count;
} kubediag_job;

/* What a run may call. Each function may be called from any thread of the run, until run() or
 * restore() has returned. OWNERSHIP: the engine's. Arguments are copied before the call returns. */
typedef struct kubediag_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  void* context; /* first argument of every function */

  /* A result. Keys: 1-253 bytes of [A-Za-z0-9._-]; a later value of a key replaces the earlier one.
   * RESOURCE_EXHAUSTED: a cap was passed and the run has failed. INVALID_ARGUMENT: key or text is
   * malformed. */
  kubediag_code (*emit)(void* context, kubediag_string key, kubediag_string value);

  /* A file of artifact_directory (relative path) that belongs to the result under `key`. */
  kubediag_code (*emit_artifact)(void* context, kubediag_string key, kubediag_string path);

  /* Why the run fails: `reason` is one CamelCase word, `message` a phrase for people. The first
   * call counts. */
  void (*fail)(void* context, kubediag_string reason, kubediag_string message);

  void (*log)(void* context, int32_t level, kubediag_string message);

  /* 1 if the run is to end, else 0. */
  int32_t (*cancelled)(void* context);

  /* SERVES_HTTP only. The results are final and the socket is served; the run lives on for `linger`
   * nanoseconds at most. `state` comes back in job.state should the engine have to restart the
   * server. At most once. */
  kubediag_code (*complete)(void* context, uint64_t linger, kubediag_bytes state);
} kubediag_host;

/* One operation. OWNERSHIP: the module's, constant. */
typedef struct kubediag_operation {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t required_features;
  uint64_t optional_features;
  uint64_t default_timeout; /* nanoseconds, 0: the engine's */
  kubediag_string name;     /* DNS label: 1-63 of [a-z0-9-] */
  kubediag_string version;
  kubediag_string doc;             /* one line */
  kubediag_string artifact_folder; /* relative path under the data root; empty: none */
  const kubediag_parameter* const* parameters;
  size_t parameter_count;
  const kubediag_secret* const* secrets;
  size_t secret_count;

  /* Runs the operation to its end. Anything but OK is a failure; so is OK after fail(). Required.
   */
  kubediag_code (*run)(const kubediag_host* host, const kubediag_job* job);

  /* Serves again what an earlier run completed, from job->state on job->listen_socket, until the
   * run is to end or its time is over; calls complete() once it serves. Null unless SERVES_HTTP. */
  kubediag_code (*restore)(const kubediag_host* host, const kubediag_job* job);
} kubediag_operation;

/* A module. OWNERSHIP: the module's, constant. */
typedef struct kubediag_module {
  uint32_t struct_size;
  uint32_t abi_major; /* KUBEDIAG_ABI_MAJOR the module was compiled with */
  uint32_t abi_minor; /* lowest minor version the module needs */
  uint32_t reserved;
  const kubediag_operation* const* operations;
  size_t operation_count;
} kubediag_module;

#if defined(__GNUC__)
#define KUBEDIAG_EXPORT __attribute__((visibility("default")))
#else
#define KUBEDIAG_EXPORT
#endif

/* The one exported symbol. `host_minor` is the engine's minor version. Null: the module declines
 * this engine. */
typedef const kubediag_module* (*kubediag_operation_module_function)(uint32_t host_major,
                                                                     uint32_t host_minor);
KUBEDIAG_EXPORT const kubediag_module* kubediag_operation_module_v1(uint32_t host_major,
                                                                    uint32_t host_minor);

#define KUBEDIAG_MODULE_SYMBOL "kubediag_operation_module_v1"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* KUBEDIAG_ABI_H_ */
