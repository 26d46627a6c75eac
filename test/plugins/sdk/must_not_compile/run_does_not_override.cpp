// expect: override
#include <kubediag/operation.h>

class Case : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
#ifdef MISUSE
  kubediag::Outcome Run(const kubediag::Job& /*job*/) override{
#else
  kubediag::Outcome Run(kubediag::Job& /*job*/) override {
#endif
      return kubediag::Outcome::Success();
}
}
;
KUBEDIAG_OPERATION(Case);
