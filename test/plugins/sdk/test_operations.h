// The operations of the module that is linked into the SDK's test program.
#pragma once

#include <kubediag/operation.h>

#include <functional>
#include <string>

namespace kubediag::test {

// What "scripted" does in Run() and Restore(). Set before a run, by the thread that starts it.
struct Script {
  std::function<Outcome(Job&)> run;
  std::function<Outcome(Job&)> restore;
};
Script& CurrentScript();

// How many objects of "scripted" were made since the start of the program.
int ScriptedObjects();

}  // namespace kubediag::test
