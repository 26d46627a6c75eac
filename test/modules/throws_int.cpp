// An exception leaves the operation.
#include <kubediag/abi.h>

namespace {

kubediag_code Run(const kubediag_host* /*host*/, const kubediag_job* /*job*/) { throw 123; }

kubediag_operation MakeOperation() {
  kubediag_operation operation{};
  operation.struct_size = sizeof operation;
  operation.name = {"bad", 3};
  operation.run = &Run;
  return operation;
}

const kubediag_operation kOperation = MakeOperation();
const kubediag_operation* const kOperations[] = {&kOperation};
const kubediag_module kModule = {
    sizeof(kubediag_module), KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR, 0, kOperations, 1};

}  // namespace

const kubediag_module* kubediag_operation_module_v1(uint32_t /*host_major*/,
                                                    uint32_t /*host_minor*/) {
  return &kModule;
}
