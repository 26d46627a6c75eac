/* What a module in C needs at least, so that each file here shows one defect and nothing else. */
#ifndef KUBEDIAG_TEST_MODULES_MODULE_H_
#define KUBEDIAG_TEST_MODULES_MODULE_H_

#include <kubediag/abi.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

/* Exports a module with the operations given, each the name of a kubediag_operation. */
#define EXPORT_OPERATIONS(...)                                                      \
  static const kubediag_operation* const operations[] = {__VA_ARGS__};              \
  static const kubediag_module module = {sizeof(kubediag_module),                   \
                                         KUBEDIAG_ABI_MAJOR,                        \
                                         KUBEDIAG_ABI_MINOR,                        \
                                         0,                                         \
                                         operations,                                \
                                         sizeof(operations) / sizeof(*operations)}; \
  EXPORT_MODULE(&module)

#define EXPORT_MODULE(pointer)                                                               \
  KUBEDIAG_EXPORT const kubediag_module* kubediag_operation_module_v1(uint32_t host_major,   \
                                                                      uint32_t host_minor) { \
    (void)host_major;                                                                        \
    (void)host_minor;                                                                        \
    return (pointer);                                                                        \
  }

/* A module whose one operation, "bad", calls `function`. */
#define EXPORT_RUN(function)                     \
  static const kubediag_operation operation = {  \
      .struct_size = sizeof(kubediag_operation), \
      .name = TEXT("bad"),                       \
      .version = TEXT("1"),                      \
      .run = function,                           \
  };                                             \
  EXPORT_OPERATIONS(&operation)

#endif
