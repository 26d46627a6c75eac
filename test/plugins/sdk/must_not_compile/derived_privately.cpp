// expect: an operation must derive publicly from kubediag::Operation
#include <kubediag/operation.h>

#ifdef MISUSE
class Case : kubediag::Operation {
#else
class Case : public kubediag::Operation {
#endif
 public:
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
  kubediag::Outcome Run(kubediag::Job& /*job*/) override { return kubediag::Outcome::Success(); }
};
KUBEDIAG_OPERATION(Case);
