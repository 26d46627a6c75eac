#include "engine/process/spawn_thread.h"

#include <utility>

namespace kubediag::process {

SpawnThread::SpawnThread() : thread_([this] { Serve(); }) {}

SpawnThread::~SpawnThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<Child> SpawnThread::Spawn(Command command) {
  Request request{std::move(command), {}};
  std::future<Result<Child>> answer = request.promise.get_future();
  {
    const std::lock_guard lock(mutex_);
    requests_.push(std::move(request));
  }
  changed_.notify_one();
  return answer.get();
}

void SpawnThread::Serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !requests_.empty(); });
    if (requests_.empty()) return;
    Request request = std::move(requests_.front());
    requests_.pop();
    lock.unlock();
    request.promise.set_value(Child::Spawn(request.command));
    lock.lock();
  }
}

}  // namespace kubediag::process
