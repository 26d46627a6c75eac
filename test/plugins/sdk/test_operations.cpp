#include "test/plugins/sdk/test_operations.h"

#include <atomic>

namespace kubediag::test {

namespace {
std::atomic<int> scripted_objects{0};
}  // namespace

Script& CurrentScript() {
  static Script script;
  return script;
}

int ScriptedObjects() { return scripted_objects; }

namespace {

// Declares one of everything and does what the test says.
class Scripted : public Operation {
 public:
  Scripted() { ++scripted_objects; }

  static Declaration Declare() {
    return Declaration("scripted")
        .Version("2.5")
        .Doc("Does what a test says.")
        .Timeout(std::chrono::seconds(7))
        .ArtifactFolder("test/scripted")
        .ServesHttp()
        .Network()
        .Repeatable()
        .Add(Parameter::Text("scripted.text").Doc("Any text."))
        .Add(Parameter::Text("scripted.empty").Default(""))
        .Add(Parameter::Text("scripted.earlier").Required().FromResults())
        .Add(Parameter::Integer("scripted.integer").Default("42").Violation("not a number, sorry"))
        .Add(Parameter::Boolean("scripted.boolean"))
        .Add(Parameter::Choice("scripted.choice", {"Heap", "Profile"}))
        .Add(Parameter::Url("scripted.url"))
        .Add(Secret{"scripted.secret_reference.namespace",
                    "scripted.secret_reference.name",
                    {"token", "ca.crt"}});
  }

  Outcome Run(Job& job) override { return CurrentScript().run(job); }
  Outcome Restore(Job& job) override { return CurrentScript().restore(job); }
};

class Plain : public Operation {
 public:
  static Declaration Declare() { return Declaration("plain"); }
  Outcome Run(Job& job) override {
    job.Emit("plain.operation", job.operation());
    return Outcome::Success();
  }
};

class OpenParameters : public Plain {
 public:
  static Declaration Declare() { return Declaration("open-parameters").OpenParameters(); }
};

// Says in its declaration all that version 1.1 of the interface added.
class Ranged : public Plain {
 public:
  static Declaration Declare() {
    return Declaration("ranged")
        .Add(Parameter::Integer("ranged.both").Minimum(1).Maximum(3600).Violation("not a number"))
        .Add(Parameter::Integer("ranged.least").Minimum(-5))
        .Add(Parameter::Integer("ranged.most").Maximum(10).Default("10"))
        .Add(Parameter::Integer("ranged.any"))
        .Add(Parameter::Url("ranged.url").Base().Violation("no source"))
        .Add(Secret{"ranged.secret_reference.namespace",
                    "ranged.secret_reference.name",
                    {"token"},
                    "ranged.url",
                    "Must name a Secret."})
        .Add(Secret{"ranged.ca.secret_reference.namespace",
                    "ranged.ca.secret_reference.name",
                    {"ca.crt"},
                    "ranged.url"});
  }
};

class ConstructorThrows : public Plain {
 public:
  ConstructorThrows() { throw std::runtime_error("no constructor today"); }
  static Declaration Declare() { return Declaration("constructor-throws"); }
};

// Overrides Restore() one class up.
class Restorable : public Plain {
 public:
  Outcome Restore(Job& /*job*/) override { return Outcome::Success(); }
};
class InheritsRestore : public Restorable {
 public:
  static Declaration Declare() { return Declaration("inherits-restore").ServesHttp(); }
};

}  // namespace
}  // namespace kubediag::test

KUBEDIAG_OPERATIONS(kubediag::test::Scripted, kubediag::test::Plain, kubediag::test::OpenParameters,
                    kubediag::test::ConstructorThrows, kubediag::test::InheritsRestore,
                    kubediag::test::Ranged);
