// The module under test is C; its test need not be.
#undef NDEBUG
#include <kubediag/fake_host.h>

#include <cassert>
#include <string>

int main() {
  kubediag::FakeHost host;
  host.Parameter("load_average.threshold_percent", "0");
  const kubediag::FakeRun run = host.Run("load-average");
  assert(run.ok());
  assert(run.results.size() == 4);
  assert(std::stod(run.results.at("load_average.15_minutes")) >= 0);
  assert(run.results.at("load_average.verdict").rfind("busy: ", 0) == 0);

  host.Parameter("load_average.threshold_percent", "100000000");
  assert(host.Run("load-average").results.at("load_average.verdict").rfind("not busy: ", 0) == 0);

  host.Parameter("load_average.threshold_percent", "much");
  assert(host.Run("load-average").reason == "InvalidParameter");
}
