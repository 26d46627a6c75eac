// Operation go-profiler: downloads a pprof profile of a Go program, leaves it in the artifact
// folder and serves it as a page until it expires. KubeDiag 0.2's parameters, result and file
// names; our own types (Allocs, Block, Mutex, Threadcreate), recordings and result keys besides.
//
// The results are written only once the page answers.
#pragma once

#include <kubediag/operation.h>

#include "plugins/go_profiler/operation/declaration.h"

namespace kubediag::go_profiler {

class GoProfilerOperation : public Operation {
 public:
  static Declaration Declare() { return MakeDeclaration(); }
  Outcome Run(Job& job) override;
  Outcome Restore(Job& job) override;
};

}  // namespace kubediag::go_profiler
