#include "plugins/script_runner/operation.h"

KUBEDIAG_OPERATION(kubediag::script_runner::ScriptRunnerOperation);
