// What a run under FakeHost came to, and the host's side of it that records this.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <kubediag/abi.h>
#include <kubediag/rules.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kubediag {

struct FakeRun {
  struct Line {
    int32_t level;
    std::string text;
  };
  struct Artifact {
    std::string key;
    std::string path;  // below FakeHost::artifact_path()
  };

  bool ok() const { return code == KUBEDIAG_OK; }

  kubediag_code code = KUBEDIAG_OK;
  std::string reason;  // of a failure, as status.operations will show it
  std::string message;
  std::map<std::string, std::string> results;
  std::vector<Artifact> artifacts;
  std::vector<Line> log;
  std::vector<std::string> unknown_parameters;  // given, but not declared: a warning to users
  bool completed = false;                       // complete() was called
  std::chrono::nanoseconds linger{0};
  std::string state;
};

namespace sdk {

class Recorder {
 public:
  Recorder(bool serves_http, std::string folder, std::chrono::nanoseconds timeout)
      : folder_(std::move(folder)), serves_http_(serves_http) {
    folder_fd_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (folder_fd_ < 0 || timer_ < 0) throw std::logic_error("no descriptor left");
    if (timeout.count() > 0) {
      deadline_ = Now() + static_cast<uint64_t>(timeout.count());
      Arm(deadline_);
    }
    if (serves_http_) Listen();
  }
  ~Recorder() {
    for (const int fd : {folder_fd_, timer_, socket_}) {
      if (fd >= 0) close(fd);
    }
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  kubediag_host host() {
    kubediag_host host{};
    host.struct_size = sizeof(host);
    host.abi_major = KUBEDIAG_ABI_MAJOR;
    host.abi_minor = KUBEDIAG_ABI_MINOR;
    host.context = this;
    host.emit = [](void* self, kubediag_string key, kubediag_string value) {
      return static_cast<Recorder*>(self)->Emit(View(key), View(value));
    };
    host.emit_artifact = [](void* self, kubediag_string key, kubediag_string path) {
      return static_cast<Recorder*>(self)->EmitArtifact(View(key), View(path));
    };
    host.fail = [](void* self, kubediag_string reason, kubediag_string message) {
      static_cast<Recorder*>(self)->Fail(View(reason), View(message));
    };
    host.log = [](void* self, int32_t level, kubediag_string message) {
      static_cast<Recorder*>(self)->Log(level, View(message));
    };
    host.cancelled = [](void* self) { return static_cast<Recorder*>(self)->Cancelled(); };
    host.complete = [](void* self, uint64_t linger, kubediag_bytes state) {
      return static_cast<Recorder*>(self)->Complete(
          linger, {reinterpret_cast<const char*>(state.data), state.size});
    };
    return host;
  }

  void Cancel() {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
    Arm(1);  // long ago
  }
  void Refuse(const std::string& reason, const std::string& message) {
    Fail(reason, message);
    End(KUBEDIAG_INVALID_ARGUMENT);
  }
  void NoteUnknownParameters(const std::map<std::string, std::string>& parameters,
                             const std::vector<std::string>& declared) {
    for (const auto& [key, value] : parameters) {
      const bool known = std::find(declared.begin(), declared.end(), key) != declared.end();
      if (!known) run_.unknown_parameters.push_back(key);
    }
  }
  void End(kubediag_code code) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (code < KUBEDIAG_OK || code > KUBEDIAG_INTERNAL) code = KUBEDIAG_INTERNAL;
    if (over_limit_) code = KUBEDIAG_RESOURCE_EXHAUSTED;
    if (code == KUBEDIAG_OK && !run_.reason.empty()) code = KUBEDIAG_INTERNAL;
    if (code != KUBEDIAG_OK && run_.reason.empty()) {
      run_.reason = "OperationFailed";
      run_.message = "it answered code " + std::to_string(code);
    }
    if (code != KUBEDIAG_OK && !run_.completed) {  // a failed run has no results
      run_.results.clear();
      run_.artifacts.clear();
    }
    run_.code = code;
    ended_ = true;
    changed_.notify_all();
  }
  bool WaitUntilCompleted(std::chrono::nanoseconds timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return run_.completed || ended_; });
    return run_.completed;
  }
  FakeRun Take() { return run_; }

  const std::string& folder() const { return folder_; }
  const std::string& base_url() const { return base_url_; }
  int folder_fd() const { return folder_fd_; }
  int listen_socket() const { return socket_; }
  int cancel_descriptor() const { return timer_; }
  uint64_t deadline() const { return deadline_; }

 private:
  static uint64_t Now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
  }
  // Makes the cancel descriptor readable at `time`; 0: never.
  void Arm(uint64_t time) {
    constexpr uint64_t kSecond = 1'000'000'000;
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(time / kSecond);
    when.it_value.tv_nsec = static_cast<long>(time % kSecond);
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void Listen() {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || bind(socket_, generic, size) != 0 || listen(socket_, 64) != 0 ||
        getsockname(socket_, generic, &size) != 0) {
      throw std::logic_error("no loopback socket");
    }
    base_url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) +
                "/00112233445566778899aabbccddeeff/";
  }

  kubediag_code Emit(std::string_view key, std::string_view value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (run_.completed) return KUBEDIAG_FAILED_PRECONDITION;
    if (!IsKey(key) || !IsUtf8(value)) return KUBEDIAG_INVALID_ARGUMENT;
    const auto found = run_.results.find(std::string(key));
    const bool is_new = found == run_.results.end();
    const size_t bytes =
        result_bytes_ + (is_new ? key.size() + value.size() : value.size() - found->second.size());
    if (value.size() > kMaxBytesOfAValue || bytes > kMaxBytesOfARun || (is_new && IsFull())) {
      return OverLimit("result " + std::string(key));
    }
    result_bytes_ = bytes;
    run_.results[std::string(key)] = std::string(value);
    return KUBEDIAG_OK;
  }

  kubediag_code EmitArtifact(std::string_view key, std::string_view path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (run_.completed) return KUBEDIAG_FAILED_PRECONDITION;
    if (!IsKey(key) || !IsRelativePath(path)) return KUBEDIAG_INVALID_ARGUMENT;
    struct stat file {};
    const std::string name(path);
    if (fstatat(folder_fd_, name.c_str(), &file, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(file.st_mode)) {
      return KUBEDIAG_INVALID_ARGUMENT;
    }
    for (FakeRun::Artifact& artifact : run_.artifacts) {
      if (artifact.key != key) continue;
      artifact.path = name;
      return KUBEDIAG_OK;
    }
    if (IsFull()) return OverLimit("artifact " + std::string(key));
    run_.artifacts.push_back({std::string(key), name});
    return KUBEDIAG_OK;
  }

  bool IsFull() const { return run_.results.size() + run_.artifacts.size() >= kMaxKeysOfARun; }
  kubediag_code OverLimit(const std::string& what) {
    if (run_.reason.empty()) {
      run_.reason = "ResultLimit";
      run_.message = what + " passes a limit";
    }
    over_limit_ = true;
    return KUBEDIAG_RESOURCE_EXHAUSTED;
  }

  void Fail(std::string_view reason, std::string_view message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!run_.reason.empty()) return;
    run_.reason = IsReason(reason) ? std::string(reason) : "OperationFailed";
    run_.message = std::string(message);
  }

  void Log(int32_t level, std::string_view message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    run_.log.push_back({level, std::string(message)});
  }

  int32_t Cancelled() const {
    pollfd waited{timer_, POLLIN, 0};
    return poll(&waited, 1, 0) > 0 ? 1 : 0;
  }

  kubediag_code Complete(uint64_t linger, std::string_view state) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!serves_http_ || run_.completed || !run_.reason.empty()) {
      return KUBEDIAG_FAILED_PRECONDITION;
    }
    if (state.size() > kMaxBytesOfState) return OverLimit("the state");
    constexpr auto kLongest = std::chrono::nanoseconds(std::chrono::hours(24 * 365));
    linger = std::min(linger, static_cast<uint64_t>(kLongest.count()));
    run_.completed = true;
    run_.linger = std::chrono::nanoseconds(static_cast<int64_t>(linger));
    run_.state = std::string(state);
    if (!cancelled_) Arm(Now() + linger);
    changed_.notify_all();
    return KUBEDIAG_OK;
  }

  const std::string folder_;
  const bool serves_http_;
  int folder_fd_ = -1;
  int timer_ = -1;
  int socket_ = -1;
  std::string base_url_;
  uint64_t deadline_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  FakeRun run_;
  size_t result_bytes_ = 0;
  bool over_limit_ = false;
  bool cancelled_ = false;
  bool ended_ = false;
};

}  // namespace sdk
}  // namespace kubediag
