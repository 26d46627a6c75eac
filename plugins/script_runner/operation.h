// Operation script-runner: KubeDiag's script processor. Runs a shell script of the Operation object
// with the values of named parameters as its arguments.
//
// Settings: name (of the Operation object, for messages), script, arg_key (repeated, in order),
// operation_result_key (optional). Results, only with operation_result_key KEY:
// operation.KEY.output (standard output) and operation.KEY.stderr (if there was any);
// operation.KEY.truncated and operation.KEY.result.summary say so if one of them was cut.
// Unlike KubeDiag 0.2: the exit status counts (what was operation.KEY.error is
// the failure's message), a missing parameter is an empty argument (later ones
// keep their place), the two streams are apart, and the whole process group ends at the deadline.
#pragma once

#include <kubediag/operation.h>

namespace kubediag::script_runner {

class ScriptRunnerOperation : public Operation {
 public:
  static Declaration Declare();
  Outcome Run(Job& job) override;
};

}  // namespace kubediag::script_runner
