#include "test/engine/kube/scripted_transport.h"

#include <algorithm>
#include <iterator>

namespace kubediag::kube {
namespace {

bool IsWatch(const std::string& target) { return target.find("watch=1") != std::string::npos; }

}  // namespace

Result<Response> ScriptedTransport::Send(const Request& request, Deadline /*deadline*/,
                                         const std::stop_token& /*stop*/) {
  return Next(request, [](std::string_view) { return Status::Ok(); });
}

Result<Response> ScriptedTransport::Stream(const Request& request, std::chrono::seconds idle,
                                           const OnBytes& on_bytes,
                                           const std::stop_token& /*stop*/) {
  idles_.push_back(idle);
  return Next(request, on_bytes);
}

void ScriptedTransport::Answer(int status, const std::string& body,
                               std::optional<std::chrono::seconds> retry_after) {
  Then([=](const OnBytes&) -> Result<Response> { return Response{status, body, retry_after}; });
}

void ScriptedTransport::Say(const std::string& bytes) {
  Then([bytes](const OnBytes& on_bytes) -> Result<Response> {
    if (Status status = on_bytes(bytes); !status.ok()) return status;
    return Response{200, "", {}};
  });
}

void ScriptedTransport::BreakOff(const Status& failure, const std::string& bytes) {
  Then([=](const OnBytes& on_bytes) -> Result<Response> {
    if (!bytes.empty()) {
      if (Status status = on_bytes(bytes); !status.ok()) return status;
    }
    return failure;
  });
}

std::vector<std::string> ScriptedTransport::lists() const {
  std::vector<std::string> found;
  std::copy_if(targets_.begin(), targets_.end(), std::back_inserter(found), std::not_fn(IsWatch));
  return found;
}

std::vector<std::string> ScriptedTransport::watches() const {
  std::vector<std::string> found;
  std::copy_if(targets_.begin(), targets_.end(), std::back_inserter(found), IsWatch);
  return found;
}

Result<Response> ScriptedTransport::Next(const Request& request, const OnBytes& on_bytes) {
  if (steps_.empty()) {
    stop_.request_stop();
    return Status::Cancelled("the script has ended");
  }
  targets_.push_back(request.target);
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  return step(on_bytes);
}

}  // namespace kubediag::kube
