// expect: an operation must derive publicly from kubediag::Operation
#include <kubediag/operation.h>

#ifdef MISUSE
class Case {
#else
class Case : public kubediag::Operation {
#endif
 public:
  virtual ~Case() = default;
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
  virtual kubediag::Outcome Run(kubediag::Job& /*job*/) { return kubediag::Outcome::Success(); }
  virtual kubediag::Outcome Restore(kubediag::Job& job) { return Run(job); }
};
KUBEDIAG_OPERATION(Case);
