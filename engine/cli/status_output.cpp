#include "engine/cli/status_output.h"

#include <chrono>
#include <vector>

#include "engine/api/encode.h"
#include "engine/api/object.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

// What `kubectl get diagnoses -o wide` shows.
std::string WideText(std::span<const api::Diagnosis> diagnoses) {
  Table table({"NAMESPACE", "NAME", "OPERATIONSET", "NODENAME", "PODNAMESPACE", "PODNAME",
               "PODCONTAINER", "PHASE", "AGE", "MESSAGE"});
  const auto now = std::chrono::system_clock::now();
  for (const api::Diagnosis& diagnosis : diagnoses) {
    const api::PodReference pod = diagnosis.spec.pod_reference.value_or(api::PodReference());
    const std::string age = diagnosis.status.start_time
                                ? FormatAge(std::chrono::duration_cast<std::chrono::seconds>(
                                      now - *diagnosis.status.start_time))
                                : "";
    table.Add({diagnosis.metadata.namespace_name, diagnosis.metadata.name,
               diagnosis.spec.operation_set, diagnosis.spec.node_name, pod.namespace_name, pod.name,
               pod.container, std::string(api::PhaseName(diagnosis.status.phase)), age,
               diagnosis.status.message});
  }
  return table.Text();
}

std::string OneText(const api::Diagnosis& diagnosis, OutputFormat format) {
  if (format == OutputFormat::kWide) return WideText({&diagnosis, 1});
  if (format == OutputFormat::kJson) return api::EncodeJson(api::Object(diagnosis)) + "\n";
  return api::EncodeYaml(api::Object(diagnosis));
}

std::string EndedWithNewline(std::string text) {
  while (text.ends_with("\n\n")) text.pop_back();
  if (!text.empty() && !text.ends_with('\n')) text.push_back('\n');
  return text;
}

}  // namespace

bool StatusOutput::PrintAll(std::span<const api::Diagnosis> diagnoses) {
  if (diagnoses.empty()) return true;
  if (format_ == OutputFormat::kWide) return Print(WideText(diagnoses));
  if (diagnoses.size() == 1) return Print(EndedWithNewline(OneText(diagnoses.front(), format_)));
  const std::vector<api::Object> objects(diagnoses.begin(), diagnoses.end());
  return Print(EndedWithNewline(format_ == OutputFormat::kJson ? api::EncodeJsonList(objects)
                                                               : api::EncodeYamlList(objects)));
}

bool StatusOutput::PrintNext(const api::Diagnosis& diagnosis) {
  std::string text = EndedWithNewline(OneText(diagnosis, format_));
  if (format_ == OutputFormat::kYaml) text.insert(0, "---\n");
  if (format_ == OutputFormat::kWide && !first_) text.erase(0, text.find('\n') + 1);
  first_ = false;
  return Print(text);
}

}  // namespace kubediag::cli
