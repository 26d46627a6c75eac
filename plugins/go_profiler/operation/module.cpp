#include "plugins/go_profiler/operation/operation.h"

KUBEDIAG_OPERATION(kubediag::go_profiler::GoProfilerOperation);
