// expect: an operation must be constructible without arguments
#include <kubediag/operation.h>

class Case : public kubediag::Operation {
 public:
#ifdef MISUSE
  explicit Case(int number) : number_(number) {}
#endif
  static kubediag::Declaration Declare() { return kubediag::Declaration("case"); }
  kubediag::Outcome Run(kubediag::Job& /*job*/) override {
    return number_ == 0 ? kubediag::Outcome::Success() : kubediag::Failure("Odd", "odd");
  }

 private:
  int number_ = 0;
};
KUBEDIAG_OPERATION(Case);
