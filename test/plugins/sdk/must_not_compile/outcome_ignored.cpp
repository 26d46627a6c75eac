// expect: nodiscard
// Built with -Werror: a failure would be lost without a word.
#include <kubediag/operation.h>

kubediag::Outcome Check(int number);
kubediag::Outcome CheckBoth(int first, int second) {
#ifdef MISUSE
  Check(first);
#else
  if (kubediag::Outcome outcome = Check(first); !outcome.ok()) return outcome;
#endif
  return Check(second);
}
