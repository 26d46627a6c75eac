#include "test/engine/kube/objects.h"

#include <gtest/gtest.h>

#include "engine/api/value.h"
#include "engine/kube/json_reading.h"

namespace kubediag::kube {

ObjectPtr ReadDiagnosis(const DiagnosisText& text) {
  Result<api::Value> document = ParseJsonMap(text.Json());
  EXPECT_TRUE(document.ok()) << document.status().ToString();
  ReadObject read = ReadKnownObject(*std::move(document));
  EXPECT_NE(read.object, nullptr) << read.problem;
  return read.object;
}

}  // namespace kubediag::kube
