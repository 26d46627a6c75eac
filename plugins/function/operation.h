// Operation function: KubeDiag's function processor. Runs handler(context) of a Python module that
// the Operation object carries; the dict of strings it returns is the result.
//
// Settings: name (of the Operation object, for messages), runtime (Python3 or python3),
// code_source/FILE = content, function.py among them. `context` holds the parameters.
// Unlike KubeDiag 0.2: an exception fails the operation with reason FunctionFailed and the
// exception's text, whatever the code prints cannot be mistaken for the result, and its sources are
// files of this run alone.
#pragma once

#include <kubediag/operation.h>

namespace kubediag::function_runner {

class FunctionOperation : public Operation {
 public:
  static Declaration Declare();
  Outcome Run(Job& job) override;
};

}  // namespace kubediag::function_runner
