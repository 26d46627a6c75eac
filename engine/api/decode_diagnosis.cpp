#include "engine/api/decode_kinds.h"
#include "engine/api/object.h"

namespace kubediag::api {
namespace {

constexpr FieldRule<PodReference> kPodReferenceFields[] = {
    {"namespace",
     [](const Cursor& at, PodReference& out) { out.namespace_name = at.String().value_or(""); }},
    {"name", [](const Cursor& at, PodReference& out) { out.name = at.String().value_or(""); }},
    {"container",
     [](const Cursor& at, PodReference& out) { out.container = at.String().value_or(""); }},
};

constexpr FieldRule<DiagnosisSpec> kSpecFields[] = {
    {"operationSet",
     [](const Cursor& at, DiagnosisSpec& out) { out.operation_set = at.String().value_or(""); }},
    {"nodeName",
     [](const Cursor& at, DiagnosisSpec& out) { out.node_name = at.String().value_or(""); }},
    {"podReference",
     [](const Cursor& at, DiagnosisSpec& out) {
       ReadFields(at, kPodReferenceFields, out.pod_reference.emplace());
     }},
    {"parameters", [](const Cursor& at, DiagnosisSpec& out) { out.parameters = at.Strings(); }},
    {"timeoutSeconds",
     [](const Cursor& at, DiagnosisSpec& out) { out.timeout_seconds = at.Int64(); }},
    {"suspend",
     [](const Cursor& at, DiagnosisSpec& out) { out.suspend = at.Boolean().value_or(false); }},
};

constexpr FieldRule<Checkpoint> kCheckpointFields[] = {
    {"pathIndex",
     [](const Cursor& at, Checkpoint& out) { out.path_index = at.Int64().value_or(0); }},
    {"nodeIndex",
     [](const Cursor& at, Checkpoint& out) { out.node_index = at.Int64().value_or(0); }},
};

constexpr FieldRule<OperationOutcome> kOutcomeFields[] = {
    {"id", [](const Cursor& at, OperationOutcome& out) { out.id = at.Int64().value_or(0); }},
    {"operation",
     [](const Cursor& at, OperationOutcome& out) { out.operation = at.String().value_or(""); }},
    {"phase",
     [](const Cursor& at, OperationOutcome& out) { out.phase = at.String().value_or(""); }},
    {"reason",
     [](const Cursor& at, OperationOutcome& out) { out.reason = at.String().value_or(""); }},
    {"message",
     [](const Cursor& at, OperationOutcome& out) { out.message = at.String().value_or(""); }},
    {"startTime", [](const Cursor& at, OperationOutcome& out) { out.start_time = at.ReadTime(); }},
    {"completionTime",
     [](const Cursor& at, OperationOutcome& out) { out.completion_time = at.ReadTime(); }},
    {"attempts",
     [](const Cursor& at, OperationOutcome& out) { out.attempts = at.Int64().value_or(0); }},
};

constexpr FieldRule<Claim> kClaimFields[] = {
    {"instance", [](const Cursor& at, Claim& out) { out.instance = at.String().value_or(""); }},
    {"time", [](const Cursor& at, Claim& out) { out.time = at.ReadTime(); }},
    {"operationSetHash",
     [](const Cursor& at, Claim& out) { out.operation_set_hash = at.String().value_or(""); }},
};

constexpr FieldRule<Artifact> kArtifactFields[] = {
    {"key", [](const Cursor& at, Artifact& out) { out.key = at.String().value_or(""); }},
    {"path", [](const Cursor& at, Artifact& out) { out.path = at.String().value_or(""); }},
    {"size", [](const Cursor& at, Artifact& out) { out.size = at.Int64().value_or(0); }},
    {"sha256", [](const Cursor& at, Artifact& out) { out.sha256 = at.String().value_or(""); }},
};

template <typename T, size_t N>
std::vector<T> ReadList(const Cursor& at, const FieldRule<T> (&rules)[N]) {
  std::vector<T> list;
  if (!at.IsList()) return list;
  for (size_t i = 0; i < at.value().items.size(); ++i) {
    ReadFields(at.Item(i), rules, list.emplace_back());
  }
  return list;
}

void ReadPhase(const Cursor& at, DiagnosisStatus& out) {
  const auto name = at.String();
  const auto phase = name ? ParsePhase(*name) : std::nullopt;
  if (name && !phase) at.Error("unknown phase \"" + *name + "\"");
  out.phase = phase.value_or(Phase::kUnknown);
}

constexpr FieldRule<DiagnosisStatus> kStatusFields[] = {
    {"phase", ReadPhase},
    {"conditions",
     [](const Cursor& at, DiagnosisStatus& out) { out.conditions = ReadConditions(at); }},
    {"startTime", [](const Cursor& at, DiagnosisStatus& out) { out.start_time = at.ReadTime(); }},
    {"failedPaths",
     [](const Cursor& at, DiagnosisStatus& out) { out.failed_paths = ReadPaths(at); }},
    {"succeededPath",
     [](const Cursor& at, DiagnosisStatus& out) { out.succeeded_path = ReadPath(at); }},
    {"operationResults",
     [](const Cursor& at, DiagnosisStatus& out) { out.operation_results = at.Strings(); }},
    {"checkpoint",
     [](const Cursor& at, DiagnosisStatus& out) {
       ReadFields(at, kCheckpointFields, out.checkpoint.emplace());
     }},
    {"operations",
     [](const Cursor& at, DiagnosisStatus& out) { out.operations = ReadList(at, kOutcomeFields); }},
    {"message",
     [](const Cursor& at, DiagnosisStatus& out) { out.message = at.String().value_or(""); }},
    {"claim", [](const Cursor& at,
                 DiagnosisStatus& out) { ReadFields(at, kClaimFields, out.claim.emplace()); }},
    {"completionTime",
     [](const Cursor& at, DiagnosisStatus& out) { out.completion_time = at.ReadTime(); }},
    {"heartbeatTime",
     [](const Cursor& at, DiagnosisStatus& out) { out.heartbeat_time = at.ReadTime(); }},
    {"artifacts",
     [](const Cursor& at, DiagnosisStatus& out) { out.artifacts = ReadList(at, kArtifactFields); }},
};

constexpr FieldRule<Diagnosis> kFields[] = {
    {"metadata", [](const Cursor& at, Diagnosis& out) { ReadMetadata(at, out.metadata); }},
    {"spec", [](const Cursor& at, Diagnosis& out) { ReadFields(at, kSpecFields, out.spec); }},
    {"status",
     [](const Cursor& at, Diagnosis& out) { ReadFields(at.Lenient(), kStatusFields, out.status); }},
};

}  // namespace

void ReadDiagnosis(const Cursor& document, Diagnosis& diagnosis) {
  ReadFields(document, kFields, diagnosis, kTypeFields);
}

}  // namespace kubediag::api
