// Operations that show what they were given and use every call of the host table; both runners must
// treat them alike.
#include <fcntl.h>
#include <kubediag/abi.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

std::string_view View(kubediag_string text) { return {text.data, text.size}; }
kubediag_string View(std::string_view text) { return {text.data(), text.size()}; }

kubediag_code Emit(const kubediag_host* host, std::string_view key, std::string_view value) {
  return host->emit(host->context, View(key), View(value));
}

std::string_view Parameter(const kubediag_job* job, std::string_view key) {
  for (size_t i = 0; i < job->parameter_count; ++i) {
    if (View(job->parameters[i].key) == key) return View(job->parameters[i].value);
  }
  return {};
}

void AwaitCancel(const kubediag_job* job) {
  pollfd entry{job->cancel_descriptor, POLLIN, 0};
  while (poll(&entry, 1, -1) <= 0) {
  }
}

std::string Join(const kubediag_pair* pairs, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += std::string(View(pairs[i].key)) + "=" + std::string(View(pairs[i].value)) + ";";
  }
  return text;
}

// Everything a job carries, as results.
kubediag_code Echo(const kubediag_host* host, const kubediag_job* job) {
  std::string secrets;
  for (size_t i = 0; i < job->secret_count; ++i) {
    const kubediag_secret_value& secret = job->secrets[i];
    secrets += std::string(View(secret.name_parameter)) + "/" + std::string(View(secret.data_key)) +
               "=" + std::to_string(secret.value.size) + ";";
  }
  Emit(host, "echo.operation", View(job->operation));
  Emit(host, "echo.parameters", Join(job->parameters, job->parameter_count));
  Emit(host, "echo.settings", Join(job->settings, job->setting_count));
  Emit(host, "echo.policy", Join(job->policy, job->policy_count));
  Emit(host, "echo.secrets", secrets);
  Emit(host, "echo.base_url", View(job->base_url));
  Emit(host, "echo.artifact_path", View(job->artifact_path));
  Emit(host, "echo.libexec_directory", View(job->libexec_directory));
  Emit(host, "echo.has_deadline", job->deadline != 0 ? "true" : "false");
  Emit(host, "echo.has_artifact_directory", job->artifact_directory >= 0 ? "true" : "false");
  Emit(host, "echo.has_socket", job->listen_socket >= 0 ? "true" : "false");
  Emit(host, "echo.abi", std::to_string(host->abi_major) + "." + std::to_string(host->abi_minor));
  return KUBEDIAG_OK;
}

kubediag_code WriteArtifact(const kubediag_host* host, const kubediag_job* job) {
  const int fd = openat(job->artifact_directory, "report.txt", O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd < 0 || write(fd, "report\n", 7) != 7 || close(fd) != 0) return KUBEDIAG_UNAVAILABLE;
  return host->emit_artifact(host->context, View("artifact.report"), View("report.txt"));
}

// The answer to an emit_artifact() of the parameter "path".
kubediag_code NameArtifact(const kubediag_host* host, const kubediag_job* job) {
  const std::string path(Parameter(job, "path"));
  return host->emit_artifact(host->context, View("artifact.named"), View(path));
}

kubediag_code Fail(const kubediag_host* host, const kubediag_job* job) {
  Emit(host, "half.done", "yes");
  host->fail(host->context, View(Parameter(job, "reason")), View("the first message"));
  host->fail(host->context, View("Second"), View("the second message"));
  return std::stoi(std::string(Parameter(job, "code")));
}

kubediag_code Code(const kubediag_host* /*host*/, const kubediag_job* job) {
  return std::stoi(std::string(Parameter(job, "code")));
}

kubediag_code Throw(const kubediag_host* host, const kubediag_job* /*job*/) {
  Emit(host, "half.done", "yes");
  throw std::runtime_error("thrown on purpose");
}

// Emits `count` results of `bytes` each, and says what the last call answered.
kubediag_code EmitMany(const kubediag_host* host, const kubediag_job* job) {
  const int count = std::stoi(std::string(Parameter(job, "count")));
  const std::string value(std::stoul(std::string(Parameter(job, "bytes"))), 'v');
  for (int i = 0; i < count; ++i) {
    const kubediag_code code = Emit(host, "many." + std::to_string(i), value);
    if (code != KUBEDIAG_OK) return code;
  }
  return KUBEDIAG_OK;
}

kubediag_code EmitKey(const kubediag_host* host, const kubediag_job* job) {
  const kubediag_code code = Emit(host, Parameter(job, "key"), Parameter(job, "value"));
  Emit(host, "answer", std::to_string(code));
  return KUBEDIAG_OK;
}

kubediag_code EmitTwice(const kubediag_host* host, const kubediag_job* /*job*/) {
  Emit(host, "same.key", "first");
  return Emit(host, "same.key", "second");
}

kubediag_code EmitFromThreads(const kubediag_host* host, const kubediag_job* /*job*/) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([host, t] {
      for (int i = 0; i < 50; ++i) {
        Emit(host, "thread." + std::to_string(t) + "." + std::to_string(i), "x");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return KUBEDIAG_OK;
}

kubediag_code Log(const kubediag_host* host, const kubediag_job* /*job*/) {
  host->log(host->context, KUBEDIAG_LOG_WARNING, View("a warning of its own"));
  return KUBEDIAG_OK;
}

// Ends when told to, and says that it was.
kubediag_code AwaitEnd(const kubediag_host* host, const kubediag_job* job) {
  host->log(host->context, KUBEDIAG_LOG_INFO, View("waiting"));
  AwaitCancel(job);
  Emit(host, "cancelled", std::to_string(host->cancelled(host->context)));
  return KUBEDIAG_OK;
}

kubediag_code Serve(const kubediag_host* host, const kubediag_job* job) {
  Emit(host, "served.at", View(job->base_url));
  const std::string state =
      job->state.size == 0
          ? "state 1"
          : std::string(reinterpret_cast<const char*>(job->state.data), job->state.size) + " again";
  const kubediag_bytes bytes{reinterpret_cast<const uint8_t*>(state.data()), state.size()};
  const uint64_t linger = uint64_t{3600} * 1'000'000'000;
  const kubediag_code code = host->complete(host->context, linger, bytes);
  if (code != KUBEDIAG_OK) return code;
  // Too late: the results are final.
  if (Emit(host, "after.complete", "no") != KUBEDIAG_FAILED_PRECONDITION) return KUBEDIAG_INTERNAL;
  if (host->complete(host->context, linger, bytes) == KUBEDIAG_OK) return KUBEDIAG_INTERNAL;
  if (Parameter(job, "exit") == "early") return KUBEDIAG_OK;
  AwaitCancel(job);
  return KUBEDIAG_OK;
}

// complete() without the feature.
kubediag_code CompleteWithoutFeature(const kubediag_host* host, const kubediag_job* /*job*/) {
  return host->complete(host->context, 1, {nullptr, 0});
}

struct Listed {
  const char* name;
  kubediag_code (*run)(const kubediag_host*, const kubediag_job*);
  bool serves = false;
  bool has_folder = false;
};

constexpr Listed kListed[] = {
    {"echo", &Echo, true, true},
    {"echo-plain", &Echo},
    {"write-artifact", &WriteArtifact, false, true},
    {"name-artifact", &NameArtifact, false, true},
    {"fail", &Fail},
    {"code", &Code},
    {"throw", &Throw},
    {"emit-many", &EmitMany},
    {"emit-key", &EmitKey},
    {"emit-twice", &EmitTwice},
    {"emit-from-threads", &EmitFromThreads},
    {"log", &Log},
    {"await-end", &AwaitEnd},
    {"serve", &Serve, true},
    {"complete-without-feature", &CompleteWithoutFeature},
};

struct Tables {
  std::vector<kubediag_operation> operations;
  std::vector<const kubediag_operation*> pointers;
  kubediag_module module{};

  Tables() {
    operations.reserve(std::size(kListed));
    for (const Listed& listed : kListed) {
      kubediag_operation operation{};
      operation.struct_size = sizeof operation;
      operation.required_features = listed.serves ? KUBEDIAG_FEATURE_SERVES_HTTP : 0;
      operation.optional_features = KUBEDIAG_FEATURE_OPEN_PARAMETERS | (UINT64_C(1) << 40);
      operation.name = View(std::string_view(listed.name));
      operation.version = View("1");
      operation.artifact_folder = View(listed.has_folder ? "test/conformance" : "");
      operation.run = listed.run;
      operation.restore = listed.run == &Serve ? &Serve : nullptr;
      operations.push_back(operation);
      pointers.push_back(&operations.back());
    }
    module.struct_size = sizeof module;
    module.abi_major = KUBEDIAG_ABI_MAJOR;
    module.operations = pointers.data();
    module.operation_count = pointers.size();
  }
};

}  // namespace

const kubediag_module* kubediag_operation_module_v1(uint32_t /*host_major*/,
                                                    uint32_t /*host_minor*/) {
  static const auto& tables = *new Tables;
  return &tables.module;
}
