// expect: nodiscard
// Built with -Werror: the failure would be lost without a word.
#include <kubediag/operation.h>

kubediag::Outcome Check(int number) {
#ifdef MISUSE
  if (number < 0) kubediag::Failure("Negative", "the number is negative");
#else
  if (number < 0) return kubediag::Failure("Negative", "the number is negative");
#endif
  return kubediag::Outcome::Success();
}
