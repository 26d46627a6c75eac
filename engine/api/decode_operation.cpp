#include "engine/api/decode_kinds.h"

namespace kubediag::api {
namespace {

constexpr FieldRule<HttpServer> kHttpServerFields[] = {
    {"address", [](const Cursor& at, HttpServer& out) { out.address = at.String(); }},
    {"port", [](const Cursor& at, HttpServer& out) { out.port = at.Int32(); }},
    {"path", [](const Cursor& at, HttpServer& out) { out.path = at.String(); }},
    {"scheme", [](const Cursor& at, HttpServer& out) { out.scheme = at.String(); }},
};

constexpr FieldRule<ScriptRunner> kScriptRunnerFields[] = {
    {"script", [](const Cursor& at, ScriptRunner& out) { out.script = at.String().value_or(""); }},
    {"argKeys", [](const Cursor& at, ScriptRunner& out) { out.arg_keys = at.StringList(); }},
    {"operationResultKey",
     [](const Cursor& at, ScriptRunner& out) { out.operation_result_key = at.String(); }},
};

constexpr FieldRule<Function> kFunctionFields[] = {
    {"codeSource", [](const Cursor& at, Function& out) { out.code_source = at.Strings(); }},
    {"runtime", [](const Cursor& at, Function& out) { out.runtime = at.String().value_or(""); }},
};

constexpr FieldRule<SharedObject> kSharedObjectFields[] = {
    {"operation",
     [](const Cursor& at, SharedObject& out) { out.operation = at.String().value_or(""); }},
    {"settings", [](const Cursor& at, SharedObject& out) { out.settings = at.Strings(); }},
};

HttpServer& HttpServerOf(Processor& processor) {
  if (!processor.http_server) processor.http_server.emplace();
  return *processor.http_server;
}

constexpr FieldRule<Processor> kProcessorFields[] = {
    {"httpServer",
     [](const Cursor& at, Processor& out) {
       ReadFields(at, kHttpServerFields, out.http_server.emplace());
     }},
    {"scriptRunner",
     [](const Cursor& at, Processor& out) {
       ReadFields(at, kScriptRunnerFields, out.script_runner.emplace());
     }},
    {"function", [](const Cursor& at,
                    Processor& out) { ReadFields(at, kFunctionFields, out.function.emplace()); }},
    {"sharedObject",
     [](const Cursor& at, Processor& out) {
       ReadFields(at, kSharedObjectFields, out.shared_object.emplace());
     }},
    {"timeoutSeconds", [](const Cursor& at, Processor& out) { out.timeout_seconds = at.Int32(); }},
    // KubeDiag 0.2.0: the server's fields stood in the processor itself.
    {"externalIP",
     [](const Cursor& at, Processor& out) { HttpServerOf(out).address = at.String(); }},
    {"externalPort", [](const Cursor& at, Processor& out) { HttpServerOf(out).port = at.Int32(); }},
    {"path", [](const Cursor& at, Processor& out) { HttpServerOf(out).path = at.String(); }},
    {"scheme", [](const Cursor& at, Processor& out) { HttpServerOf(out).scheme = at.String(); }},
};

constexpr std::string_view kFlatFields[] = {"externalIP", "externalPort", "path", "scheme"};

void ReadProcessor(const Cursor& at, Processor& processor) {
  if (at.value().Find("httpServer") != nullptr) {
    for (const std::string_view flat : kFlatFields) {
      if (at.value().Find(flat) == nullptr) continue;
      at.Error(std::string(flat) + " stands beside httpServer: move it into httpServer");
    }
  }
  ReadFields(at, kProcessorFields, processor);
}

struct HostPath {
  std::string path;
};

constexpr FieldRule<HostPath> kHostPathFields[] = {
    {"path", [](const Cursor& at, HostPath& out) { out.path = at.String().value_or(""); }},
    {"type", [](const Cursor&, HostPath&) {}},
};

constexpr FieldRule<Operation> kStorageFields[] = {
    {"hostPath",
     [](const Cursor& at, Operation& out) {
       HostPath host_path;
       ReadFields(at, kHostPathFields, host_path);
       out.storage_host_path = host_path.path;
     }},
};

constexpr FieldRule<Operation> kSpecFields[] = {
    {"processor", [](const Cursor& at, Operation& out) { ReadProcessor(at, out.processor); }},
    {"dependences", [](const Cursor& at, Operation& out) { out.dependences = at.StringList(); }},
    {"storage", [](const Cursor& at, Operation& out) { ReadFields(at, kStorageFields, out); }},
    {"repeatable", [](const Cursor& at, Operation& out) { out.repeatable = at.Boolean(); }},
};

constexpr FieldRule<Operation> kFields[] = {
    {"metadata", [](const Cursor& at, Operation& out) { ReadMetadata(at, out.metadata); }},
    {"spec", [](const Cursor& at, Operation& out) { ReadFields(at, kSpecFields, out); }},
    {"status", [](const Cursor&, Operation&) {}},  // has none; tools write an empty one
};

}  // namespace

void ReadOperation(const Cursor& document, Operation& operation) {
  ReadFields(document, kFields, operation, kTypeFields);
}

}  // namespace kubediag::api
