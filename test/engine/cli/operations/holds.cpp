// An operation that opens its artifact folder to everybody and waits until it is ended.
#include <kubediag/operation.h>
#include <poll.h>
#include <sys/stat.h>

namespace {

class Hold : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("hold").Version("1.0").Doc("Waits.").ArtifactFolder("held");
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    if (fchmod(job.artifact_directory(), 07777) != 0) {
      return kubediag::Failure("NotMine", "the folder is not mine");
    }
    job.Warning("holding");
    pollfd source{job.cancel_descriptor(), POLLIN, 0};
    while (!job.Cancelled()) poll(&source, 1, -1);
    return kubediag::Failure("Stopped", "asked to end", KUBEDIAG_CANCELLED);
  }
};

}  // namespace

KUBEDIAG_OPERATIONS(Hold);
