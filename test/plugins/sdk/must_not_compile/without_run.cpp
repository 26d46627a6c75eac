// expect: an operation must implement kubediag::Outcome Run
#include <kubediag/operation.h>

class Case : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
#ifndef MISUSE
  kubediag::Outcome Run(kubediag::Job& /*job*/) override { return kubediag::Outcome::Success(); }
#endif
};
KUBEDIAG_OPERATION(Case);
