// expect: an operation needs a public static kubediag::Declaration Declare()
#include <kubediag/operation.h>

class Case : public kubediag::Operation {
 public:
#ifndef MISUSE
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
#endif
  kubediag::Outcome Run(kubediag::Job& /*job*/) override { return kubediag::Outcome::Success(); }
};
KUBEDIAG_OPERATION(Case);
