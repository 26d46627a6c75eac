// expect: an operation needs a public static kubediag::Declaration Declare()
#include <kubediag/operation.h>

class Case : public kubediag::Operation {
#ifndef MISUSE
 public:
#endif
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }

 public:
  kubediag::Outcome Run(kubediag::Job& /*job*/) override { return kubediag::Outcome::Success(); }
};
KUBEDIAG_OPERATION(Case);
