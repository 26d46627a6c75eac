// What the tests of decoding share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "engine/api/decode.h"

namespace kubediag::api {

inline constexpr char kDiagnosisHead[] =
    "apiVersion: diagnosis.kubediag.org/v1\n"
    "kind: Diagnosis\n"
    "metadata:\n"
    "  name: d\n"
    "spec:\n"
    "  operationSet: s\n";

inline std::vector<std::string> Texts(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> texts;
  texts.reserve(diagnostics.size());
  for (const Diagnostic& diagnostic : diagnostics) texts.push_back(diagnostic.ToString());
  return texts;
}

inline std::vector<std::string> ErrorsOf(const std::string& text) {
  return Texts(Decode(text, "f.yaml").diagnostics);
}

// The one object of a text without mistakes.
template <typename T>
T Only(const std::string& text) {
  const Decoded decoded = Decode(text, "f.yaml");
  EXPECT_THAT(Texts(decoded.diagnostics), testing::IsEmpty());
  if (decoded.objects.size() != 1) {
    ADD_FAILURE() << decoded.objects.size() << " objects";
    return {};
  }
  return std::get<T>(decoded.objects[0].object);
}

}  // namespace kubediag::api
