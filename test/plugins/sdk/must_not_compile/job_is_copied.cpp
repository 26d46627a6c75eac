// expect: delete
// A copy would outlive the run whose views it holds.
#include <kubediag/operation.h>

#include <functional>

std::function<bool()> Later(kubediag::Job& job) {
#ifdef MISUSE
  return [job] { return job.Cancelled(); };
#else
  return [&job] { return job.Cancelled(); };
#endif
}
