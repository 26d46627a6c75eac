// Tells what it sees of its own process.
#include <fcntl.h>
#include <kubediag/abi.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

kubediag_string View(std::string_view text) { return {text.data(), text.size()}; }

kubediag_code Emit(const kubediag_host* host, std::string_view key, std::string_view value) {
  return host->emit(host->context, View(key), View(value));
}

kubediag_code Look(const kubediag_host* host, const kubediag_job* /*job*/) {
  std::string environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment += std::string(*variable) + "\n";
  }
  std::stringstream status;
  status << std::ifstream("/proc/self/status").rdbuf();
  const auto limit = [](const char* name, __rlimit_resource resource) {
    rlimit value{};
    getrlimit(resource, &value);
    return std::string(name) + " " + std::to_string(value.rlim_max) + "\n";
  };
  int open = 0;
  for (int fd = 40; fd < 100; ++fd) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  Emit(host, "environment", environment);
  Emit(host, "status", status.str());
  Emit(host, "leads_group", getpgrp() == getpid() ? "true" : "false");
  Emit(host, "dumpable", std::to_string(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)));
  Emit(host, "open_40_to_99", std::to_string(open));
  return Emit(host, "limits",
              limit("as", RLIMIT_AS) + limit("fsize", RLIMIT_FSIZE) +
                  limit("nofile", RLIMIT_NOFILE) + limit("cpu", RLIMIT_CPU) +
                  limit("core", RLIMIT_CORE));
}

// Leaves a child in a session of its own, writes both pids to the "socket", and waits.
kubediag_code SpawnAndWait(const kubediag_host* /*host*/, const kubediag_job* job) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    for (;;) pause();
  }
  const pid_t pids[2] = {getpid(), child};
  if (write(job->listen_socket, pids, sizeof pids) < 0) return KUBEDIAG_UNAVAILABLE;
  for (;;) pause();
  return KUBEDIAG_OK;
}

// Tries to undo the engine's lock of the artifact folder.
kubediag_code Unlock(const kubediag_host* /*host*/, const kubediag_job* job) {
  return flock(job->artifact_directory, LOCK_UN) == 0 ? KUBEDIAG_OK : KUBEDIAG_INTERNAL;
}

kubediag_operation Make(const char* name,
                        kubediag_code (*run)(const kubediag_host*, const kubediag_job*)) {
  kubediag_operation operation{};
  operation.struct_size = sizeof operation;
  operation.name = View(name);
  operation.artifact_folder = View("test");
  operation.required_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  operation.run = run;
  return operation;
}

const kubediag_operation kLook = Make("look", &Look);
const kubediag_operation kSpawn = Make("spawn-and-wait", &SpawnAndWait);
const kubediag_operation kUnlock = Make("unlock", &Unlock);
const kubediag_operation* const kOperations[] = {&kLook, &kSpawn, &kUnlock};
const kubediag_module kModule = {
    sizeof(kubediag_module), KUBEDIAG_ABI_MAJOR, KUBEDIAG_ABI_MINOR, 0, kOperations, 3};

}  // namespace

const kubediag_module* kubediag_operation_module_v1(uint32_t /*host_major*/,
                                                    uint32_t /*host_minor*/) {
  return &kModule;
}
