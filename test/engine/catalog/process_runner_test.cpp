// The catalog with the runner it has in earnest: modules described in a child process.

#include "engine/host/process_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/catalog/catalog.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::catalog {
namespace {

using testing::Not;

class CatalogInEarnestTest : public testing::Test {
 protected:
  CatalogInEarnestTest() {
    folders_.Make("operations");
    host::ProcessRunnerOptions options;
    options.host_program =
        std::string(KUBEDIAG_BINARY_DIR) + "/libexec/kubediag/kubediag-operation-host";
    runner_ = *host::ProcessRunner::Create(options, *logger_);
    catalog_ = *Catalog::Open({{folders_.Path("operations")}, folders_.Path("modules")}, *runner_,
                              *logger_);
  }
  std::string Drop(const std::string& name) const {
    std::string file = folders_.Path("operations/" + name);
    std::filesystem::copy_file(std::string(KUBEDIAG_BINARY_DIR) + "/examples/operations/hello.so",
                               file, std::filesystem::copy_options::overwrite_existing);
    return file;
  }

  Folders folders_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<host::ProcessRunner> runner_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(CatalogInEarnestTest, ReadsTheDescriptorOfADroppedModule) {
  Drop("hello.so");
  const Result<Entry> entry = catalog_->Find("hello");
  ASSERT_TRUE(entry.ok()) << entry.status().ToString();
  EXPECT_EQ(entry->descriptor.version, "1.0");
  EXPECT_TRUE(entry->descriptor.repeatable());
  ASSERT_EQ(entry->descriptor.parameters.size(), 1U);
  EXPECT_EQ(entry->descriptor.parameters[0].key, "hello.name");
}

TEST_F(CatalogInEarnestTest, RefusesWhatIsNoModuleAndTakesItOnceItIs) {
  folders_.Write("operations/hello.so", "#!/bin/sh\n");
  ASSERT_EQ(catalog_->Refusals().size(), 1U);
  EXPECT_THAT(catalog_->Refusals()[0].reason, Not(testing::IsEmpty()));
  EXPECT_FALSE(catalog_->Find("hello").ok());
  Drop("hello.so");
  EXPECT_TRUE(catalog_->Find("hello").ok());
  EXPECT_TRUE(catalog_->Refusals().empty());
}

TEST_F(CatalogInEarnestTest, LoadsOnlyItsCopy) {
  const std::string file = Drop("hello.so");
  const Result<Entry> entry = catalog_->Find("hello");
  std::filesystem::resize_file(file, 0);
  EXPECT_TRUE(runner_->Describe(entry->module_path).ok());
}

}  // namespace
}  // namespace kubediag::catalog
