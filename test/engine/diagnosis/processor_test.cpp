#include "engine/diagnosis/processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/abi.h>

#include "engine/core/limits.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ProcessorTest : public testing::Test {
 protected:
  ProcessorTest() {
    for (const char* name : {"go-profiler", "http-server", "script-runner", "function", "hello"}) {
      operation::OperationDescriptor descriptor;
      descriptor.name = name;
      descriptor.optional_features = KUBEDIAG_FEATURE_REPEATABLE;
      descriptor.default_timeout = seconds(7);
      catalog.Add(descriptor);
    }
    object.metadata.name = "object";
  }

  Result<ResolvedOperation> ResolveObject() { return Resolve("object", &object, catalog); }

  FakeCatalog catalog;
  api::Operation object;
};

TEST_F(ProcessorTest, AServerWithoutAddressAndPortWasKubeDiagsAgent) {
  object.processor.http_server = api::HttpServer{.address = std::nullopt,
                                                 .port = std::nullopt,
                                                 .path = "/processor/goProfiler",
                                                 .scheme = std::nullopt};
  auto resolved = ResolveObject();
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  EXPECT_EQ(resolved->entry.descriptor.name, "go-profiler");
  EXPECT_TRUE(resolved->repeatable);

  object.processor.http_server->path = "/processor/podListCollector";
  EXPECT_EQ(ResolveObject().status().reason(), "OperationNotAvailable");
  object.processor.http_server->path = "/processor/unheardOf";
  EXPECT_EQ(ResolveObject().status().reason(), "OperationNotAvailable");
}

TEST_F(ProcessorTest, AServerOfTheUsersIsTheHttpServerOperation) {
  object.processor.http_server = api::HttpServer{
      .address = "10.0.0.1", .port = 8080, .path = "/processor/goProfiler", .scheme = "https"};
  auto resolved = ResolveObject();
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->entry.descriptor.name, "http-server");
  EXPECT_THAT(resolved->settings,
              ElementsAre(Pair("address", "10.0.0.1"), Pair("port", "8080"),
                          Pair("path", "/processor/goProfiler"), Pair("scheme", "https")));
  EXPECT_FALSE(resolved->repeatable);
  object.processor.http_server =
      api::HttpServer{.address = std::nullopt, .port = 80, .path = {}, .scheme = {}};
  EXPECT_THAT(ResolveObject()->settings,
              ElementsAre(Pair("port", "80"), Pair("path", "/"), Pair("scheme", "http")));
}

TEST_F(ProcessorTest, AFunctionCarriesItsFiles) {
  object.processor.function =
      api::Function{.code_source = {{"function.py", "x"}, {"b.py", "y"}}, .runtime = "Python3"};
  EXPECT_THAT(ResolveObject()->settings,
              ElementsAre(Pair("name", "object"), Pair("runtime", "Python3"),
                          Pair("code_source/b.py", "y"), Pair("code_source/function.py", "x")));
}

TEST_F(ProcessorTest, ASharedObjectCarriesItsSettings) {
  object.processor.shared_object =
      api::SharedObject{.operation = "hello", .settings = {{"greeting", "hi"}}};
  auto resolved = ResolveObject();
  EXPECT_EQ(resolved->name, "object");
  EXPECT_EQ(resolved->entry.descriptor.name, "hello");
  EXPECT_THAT(resolved->settings, ElementsAre(Pair("greeting", "hi")));
}

TEST_F(ProcessorTest, TimeoutsAreTheObjectsElseKubeDiagsElseTheModules) {
  object.processor.script_runner =
      api::ScriptRunner{.script = "x", .arg_keys = {}, .operation_result_key = {}};
  EXPECT_EQ(ResolveObject()->timeout, seconds(30));
  object.processor.timeout_seconds = 90;
  EXPECT_EQ(ResolveObject()->timeout, seconds(90));
  object.processor = {};
  object.processor.shared_object = api::SharedObject{.operation = "hello", .settings = {}};
  EXPECT_EQ(ResolveObject()->timeout, seconds(7));
  EXPECT_EQ(Resolve("hello", nullptr, catalog)->timeout, seconds(7));
  operation::OperationDescriptor plain;
  plain.name = "plain";
  catalog.Add(plain);
  EXPECT_EQ(Resolve("plain", nullptr, catalog)->timeout, kDefaultOperationTimeout);
}

TEST_F(ProcessorTest, TheObjectSaysWhetherItIsRepeatable) {
  object.processor.script_runner =
      api::ScriptRunner{.script = "x", .arg_keys = {}, .operation_result_key = {}};
  EXPECT_FALSE(ResolveObject()->repeatable);  // whatever the module's bit
  object.repeatable = true;
  EXPECT_TRUE(ResolveObject()->repeatable);
  object.processor = {};
  object.processor.shared_object = api::SharedObject{.operation = "hello", .settings = {}};
  object.repeatable = false;
  EXPECT_FALSE(ResolveObject()->repeatable);
}

TEST_F(ProcessorTest, WithoutAnObjectTheNameIsThatOfAModulesOperation) {
  EXPECT_EQ(Resolve("hello", nullptr, catalog)->settings.size(), 0U);
  object.processor.shared_object =
      api::SharedObject{.operation = "hello", .settings = {{"greeting", "hi"}}};
  EXPECT_EQ(Resolve("hello", &object, catalog)->settings.size(), 1U);
  const auto absent = Resolve("helo", nullptr, catalog);
  EXPECT_EQ(absent.status().reason(), "OperationNotFound");
  EXPECT_THAT(absent.status().message(), HasSubstr("hello"));
}

}  // namespace
}  // namespace kubediag::diagnosis
