// The smallest useful operation: a parameter in, a result out.
#include <kubediag/operation.h>

namespace {

class Hello : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("hello")
        .Version("1.0")
        .Doc("Greets somebody.")
        .Repeatable()
        .Add(kubediag::Parameter::Text("hello.name").Default("world").Doc("Whom to greet."));
  }

  kubediag::Outcome Run(kubediag::Job& job) override {
    const std::string_view name = job.parameters().Text("hello.name");
    if (name.empty()) return kubediag::Failure("NobodyThere", "hello.name is empty");
    job.Emit("hello.greeting", "Hello, " + std::string(name) + "!");
    return kubediag::Outcome::Success();
  }
};

}  // namespace

KUBEDIAG_OPERATION(Hello);
