#include "plugins/function/operation.h"

KUBEDIAG_OPERATION(kubediag::function_runner::FunctionOperation);
