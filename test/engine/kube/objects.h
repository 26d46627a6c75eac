// JSON as an API server writes it.
#pragma once

#include <string>
#include <vector>

#include "engine/kube/known_object.h"

namespace kubediag::kube {

struct DiagnosisText {
  std::string name = "a";
  std::string uid = "uid-a";
  int version = 1;
  std::string node = "node-1";
  std::string message = {};
  std::string namespace_name = "default";

  std::string Json() const {
    return R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"Diagnosis","metadata":{"name":")" +
           name + R"(","namespace":")" + namespace_name + R"(","uid":")" + uid +
           R"(","resourceVersion":")" + std::to_string(version) +
           R"(","managedFields":[{"manager":"m","fieldsV1":{"f:spec":{}}}]},"spec":{"nodeName":")" +
           node + R"(","operationSet":"set"},"status":{"message":")" + message + R"("}})";
  }
};

inline std::string EventLine(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

inline std::string BookmarkLine(int version) {
  return EventLine("BOOKMARK", R"({"kind":"Diagnosis","apiVersion":"diagnosis.kubediag.org/v1",)"
                               R"("metadata":{"resourceVersion":")" +
                                   std::to_string(version) + R"("}})");
}

inline std::string StatusJson(int code, const std::string& reason, const std::string& message,
                              const std::string& details = "{}") {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message +
         R"(","reason":")" + reason + R"(","details":)" + details + R"(,"code":)" +
         std::to_string(code) + "}";
}

inline std::string ListJson(int version, const std::vector<DiagnosisText>& items,
                            const std::string& token = "") {
  std::string json = R"({"apiVersion":"diagnosis.kubediag.org/v1","kind":"DiagnosisList",)"
                     R"("metadata":{"resourceVersion":")" +
                     std::to_string(version) + R"(","continue":")" + token + R"("},"items":[)";
  for (size_t i = 0; i < items.size(); ++i) json += (i > 0 ? "," : "") + items[i].Json();
  return json + "]}";
}

ObjectPtr ReadDiagnosis(const DiagnosisText& text);

}  // namespace kubediag::kube
