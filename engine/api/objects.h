// The objects users write and read: group diagnosis.kubediag.org, version v1, as KubeDiag 0.2 -
// 0.3.1 defines them, with our additions (each marked "addition"; older clients never notice them).
//
// Plain values: copyable, comparable where useful, no behaviour. Thread-safety is that of a value.
// Field names follow the API's JSON names; the codecs are in decode.h and encode.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kubediag::api {

// Seconds since the epoch, as metav1.Time keeps them; printed as RFC 3339 in UTC.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;
using StringMap = std::map<std::string, std::string>;

inline constexpr char kGroup[] = "diagnosis.kubediag.org";
inline constexpr char kGroupVersion[] = "diagnosis.kubediag.org/v1";

struct ObjectMeta {
  std::string name;
  std::string namespace_name;  // empty for cluster-scoped kinds
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  StringMap labels;
  StringMap annotations;
  std::optional<Time> creation_timestamp;
  std::optional<Time> deletion_timestamp;
};

// ---- Operation
// ------------------------------------------------------------------------------------------------------

// A server a user named. KubeDiag: without address and port it meant the agent's own processors.
struct HttpServer {
  std::optional<std::string> address;
  std::optional<int32_t> port;
  std::optional<std::string> path;
  std::optional<std::string> scheme;
  bool operator==(const HttpServer&) const = default;
};

struct ScriptRunner {
  std::string script;
  std::vector<std::string> arg_keys;
  std::optional<std::string> operation_result_key;
  bool operator==(const ScriptRunner&) const = default;
};

struct Function {
  StringMap code_source;  // file name → content
  std::string runtime;    // "Python3" (0.2.2 - 0.3.1) or "python3"
  bool operator==(const Function&) const = default;
};

// Addition: an operation of a module, by name, with settings.
struct SharedObject {
  std::string operation;
  StringMap settings;
  bool operator==(const SharedObject&) const = default;
};

// Exactly one of the four is set in a valid Operation. The flat processor of 0.2.0 is decoded into
// http_server.
struct Processor {
  std::optional<HttpServer> http_server;
  std::optional<ScriptRunner> script_runner;
  std::optional<Function> function;
  std::optional<SharedObject> shared_object;
  std::optional<int32_t> timeout_seconds;  // KubeDiag's default is 30
};

struct Operation {
  ObjectMeta metadata;
  Processor processor;
  std::vector<std::string> dependences;          // declared by KubeDiag, read by nobody
  std::optional<std::string> storage_host_path;  // likewise
  std::optional<bool> repeatable;                // addition: overrides the module's feature bit
};

// ---- OperationSet
// ---------------------------------------------------------------------------------------------------

// A node of the adjacency list. `to` holds list positions, not ids (KubeDiag 0.2).
struct Node {
  std::optional<int64_t> id;
  std::vector<int64_t> to;
  std::string operation;  // empty for the start node
  std::vector<int64_t> dependences;
  bool operator==(const Node&) const = default;
};

using Path = std::vector<Node>;

enum class Strategy { kFirstPath, kAllPaths };  // addition

struct Condition {
  std::string type;
  std::string status;  // "True", "False", "Unknown"
  std::optional<Time> last_transition_time;
  std::string reason;
  std::string message;
};

struct OperationSetStatus {
  std::vector<Path> paths;  // without the start node, up to kMaxListedPaths
  bool ready = false;
  std::vector<Condition> conditions;           // addition
  std::optional<int64_t> observed_generation;  // addition
};

struct OperationSet {
  ObjectMeta metadata;
  std::vector<Node> adjacency_list;
  Strategy strategy = Strategy::kFirstPath;
  OperationSetStatus status;
};

// ---- Diagnosis
// ------------------------------------------------------------------------------------------------------

struct PodReference {
  std::string namespace_name;
  std::string name;
  std::string container;
  bool operator==(const PodReference&) const = default;
};

struct DiagnosisSpec {
  std::string operation_set;
  std::string node_name;
  std::optional<PodReference> pod_reference;
  StringMap parameters;
  std::optional<int64_t> timeout_seconds;  // addition: deadline of the whole Diagnosis
  bool suspend = false;                    // addition
};

enum class Phase { kNone, kPending, kRunning, kSucceeded, kFailed, kUnknown };

// Addition: what became of one node of the graph.
struct OperationOutcome {
  int64_t id = 0;  // position in the adjacency list
  std::string operation;
  std::string phase;   // "Running", "Succeeded", "Failed", "Skipped"
  std::string reason;  // empty when Succeeded
  std::string message;
  std::optional<Time> start_time;
  std::optional<Time> completion_time;
  int64_t attempts = 0;
};

// Addition: who runs it, and against which OperationSet.
struct Claim {
  std::string instance;
  std::optional<Time> time;
  std::string operation_set_hash;
};

// Addition: a file under the data root.
struct Artifact {
  std::string key;
  std::string path;  // relative to the data root
  int64_t size = 0;  // bytes
  std::string sha256;
};

struct Checkpoint {
  int64_t path_index = 0;
  int64_t node_index = 0;
};

struct DiagnosisStatus {
  Phase phase = Phase::kNone;
  std::vector<Condition> conditions;
  std::optional<Time> start_time;
  std::vector<Path> failed_paths;
  Path succeeded_path;
  StringMap operation_results;
  std::optional<Checkpoint> checkpoint;      // written for readers, never read back
  std::vector<OperationOutcome> operations;  // addition
  std::string message;                       // addition: one sentence for people
  std::optional<Claim> claim;                // addition
  std::optional<Time> completion_time;       // addition
  std::optional<Time> heartbeat_time;        // addition
  std::vector<Artifact> artifacts;           // addition
};

struct Diagnosis {
  ObjectMeta metadata;
  DiagnosisSpec spec;
  DiagnosisStatus status;
};

// ---- Secret (core/v1)
// -----------------------------------------------------------------------------------------------

struct Secret {
  ObjectMeta metadata;
  StringMap data;  // decoded bytes; stringData merged in, it wins
  std::string type;
};

}  // namespace kubediag::api
