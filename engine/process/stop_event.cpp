#include "engine/process/stop_event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace kubediag::process {
namespace {

UniqueFd MakeEvent() {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) std::abort();  // without descriptors nothing could be stopped any more
  return fd;
}

}  // namespace

StopEvent::StopEvent(std::stop_token stop)
    : fd_(MakeEvent()), callback_(std::move(stop), [this] { Fire(); }) {}

void StopEvent::Fire() const {
  const uint64_t one = 1;
  // A full counter means that it has fired already.
  [[maybe_unused]] const ssize_t put = write(fd_.get(), &one, sizeof one);
}

bool StopEvent::fired() const {
  pollfd entry{fd_.get(), POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace kubediag::process
