// How an author tests an operation: with the fake host, in one process, without an engine.
#undef NDEBUG
#include <kubediag/fake_host.h>

#include <cassert>

int main() {
  kubediag::FakeHost host;
  assert(host.Run("hello").results.at("hello.greeting") == "Hello, world!");

  host.Parameter("hello.name", "Ada");
  assert(host.Run("hello").results.at("hello.greeting") == "Hello, Ada!");

  host.Parameter("hello.name", "");
  const kubediag::FakeRun failed = host.Run("hello");
  assert(!failed.ok());
  assert(failed.reason == "NobodyThere");
}
