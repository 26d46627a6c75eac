// Operations for the tests of the command line: one that answers, one that fails, one that waits
// until it is cancelled, one that serves.
#include <kubediag/operation.h>
#include <poll.h>

#include <chrono>
#include <string>

namespace {

void AwaitCancel(const kubediag::Job& job) {
  pollfd source{job.cancel_descriptor(), POLLIN, 0};
  while (!job.Cancelled()) poll(&source, 1, -1);
}

class Answer : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("answer")
        .Version("1.2")
        .Doc("Answers what it is told.")
        .Repeatable()
        .Add(kubediag::Parameter::Text("answer.text").Default("42").Doc("What to answer."))
        .Add(kubediag::Parameter::Integer("answer.times")
                 .Default("1")
                 .Minimum(0)
                 .Maximum(100)
                 .Doc("How often."))
        .Add(kubediag::Parameter::Integer("answer.least").Minimum(-1))
        .Add(kubediag::Parameter::Url("answer.source").Base())
        .Add(kubediag::Secret{"answer.secret_reference.namespace",
                              "answer.secret_reference.name",
                              {"token"},
                              "answer.source"});
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    const std::string text(job.parameters().Text("answer.text"));
    std::string all;
    for (int64_t i = 0; i < job.parameters().Integer("answer.times"); ++i) all += text;
    job.Emit("answer.result", all);
    job.Emit("answer.result.summary", "the answer is " + all);
    return kubediag::Outcome::Success();
  }
};

class Refuse : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("refuse")
        .Version("1.0")
        .Doc("Always fails.")
        .Add(kubediag::Parameter::Text("refuse.message").Default("no subPath volume in the pod"));
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    return kubediag::Failure("NothingFound", std::string(job.parameters().Text("refuse.message")));
  }
};

class Wait : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("wait").Version("1.0").Doc("Waits until it is cancelled.");
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    job.Warning("waiting");
    AwaitCancel(job);
    return kubediag::Failure("Stopped", "asked to end", KUBEDIAG_CANCELLED);
  }
};

class Serve : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("serve").Version("1.0").Doc("Serves nothing.").ServesHttp();
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    job.Emit("serve.endpoint",
             "Visit " + std::string(job.base_url()) + ", this server will expire in 7200 seconds.");
    job.Complete(std::chrono::hours(2));
    AwaitCancel(job);
    return kubediag::Outcome::Success();
  }
};

}  // namespace

KUBEDIAG_OPERATIONS(Answer, Refuse, Wait, Serve);
