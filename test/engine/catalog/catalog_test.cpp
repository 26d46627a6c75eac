#include "engine/catalog/catalog.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <future>
#include <thread>

#include "engine/core/file.h"
#include "test/engine/catalog/fake_runner.h"
#include "test/engine/catalog/folders.h"

namespace kubediag::catalog {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class CatalogTest : public testing::Test {
 protected:
  std::unique_ptr<Catalog> Open(std::vector<std::string> paths) {
    Result<std::unique_ptr<Catalog>> catalog =
        Catalog::Open({std::move(paths), folders_.Path("modules"), &metrics_}, runner_, *logger_);
    EXPECT_TRUE(catalog.ok()) << catalog.status().ToString();
    return *std::move(catalog);
  }
  static std::string Names(Catalog& catalog) {
    std::string names;
    for (const Entry& entry : catalog.Entries()) names += entry.descriptor.name + " ";
    return names;
  }

  Folders folders_;
  metrics::Registry metrics_;
  FakeRunner runner_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
};

TEST_F(CatalogTest, KnowsTheOperationsThatWereThereAtTheStart) {
  folders_.Make("operations");
  const std::string file = folders_.Write("operations/two.so", "module hello bye");
  const auto catalog = Open({folders_.Path("operations")});

  const Result<Entry> entry = catalog->Find("hello");

  ASSERT_TRUE(entry.ok()) << entry.status().ToString();
  EXPECT_EQ(entry->file, file);
  EXPECT_EQ(entry->module_path, folders_.Path("modules/" + entry->sha256 + ".so"));
  EXPECT_TRUE(entry->at_start);
  EXPECT_EQ(Names(*catalog), "bye hello ");
  EXPECT_EQ(runner_.described(), 1);
}

TEST_F(CatalogTest, RemovesTheCopyOfAReplacedModuleUnlessARunHasIt) {
  folders_.Make("operations");
  folders_.Write("operations/hello.so", "module hello one");
  const auto catalog = Open({folders_.Path("operations")});
  std::string first;
  {
    const Result<Entry> of_a_run = catalog->Find("hello");
    ASSERT_TRUE(of_a_run.ok());
    first = of_a_run->module_path;
    folders_.Write("operations/hello.so", "module hello two");
    ASSERT_NE(catalog->Find("hello")->module_path, first);
    EXPECT_TRUE(std::filesystem::exists(first)) << "a run may still have to be started from it";
  }
  folders_.Write("operations/hello.so", "module hello three");
  const Result<Entry> last = catalog->Find("hello");
  ASSERT_TRUE(last.ok());
  EXPECT_FALSE(std::filesystem::exists(first));
  EXPECT_TRUE(std::filesystem::exists(last->module_path));
  size_t copies = 0;
  for (const auto& file : std::filesystem::directory_iterator(folders_.Path("modules"))) {
    copies += file.path().extension() == ".so" ? 1U : 0U;
  }
  EXPECT_EQ(copies, 1U);
}

// Find() takes into account what was complete before it was called; so no test here waits.
TEST_F(CatalogTest, FindsAModuleDroppedJustBefore) {
  folders_.Make("operations");
  const auto catalog = Open({folders_.Path("operations")});
  EXPECT_EQ(catalog->Find("hello").status().code(), StatusCode::kNotFound);
  folders_.Write("operations/hello.so", "module hello");
  const Result<Entry> entry = catalog->Find("hello");
  ASSERT_TRUE(entry.ok());
  EXPECT_FALSE(entry->at_start);
}

TEST_F(CatalogTest, FindsAModuleInAFolderThatDidNotExist) {
  const auto catalog = Open({folders_.Path("a/b/operations")});
  folders_.Make("a/b/operations");
  folders_.Write("a/b/operations/hello.so", "module hello");
  EXPECT_TRUE(catalog->Find("hello").ok());
}

TEST_F(CatalogTest, UsesTheNewContentOfAReplacedModule) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  const Result<Entry> of_a_run = catalog->Find("hello");
  ASSERT_TRUE(of_a_run.ok());
  const std::string before = of_a_run->module_path;
  folders_.Write("operations/a.so", "module hello ");

  const Result<Entry> entry = catalog->Find("hello");

  ASSERT_TRUE(entry.ok());
  EXPECT_NE(entry->module_path, before);
  EXPECT_EQ(*ReadFile(entry->module_path, 100), "module hello ");
  EXPECT_EQ(*ReadFile(before, 100), "module hello");  // a run under way may still need it
}

TEST_F(CatalogTest, SeesAnInPlaceChangeOfTheSameSizeAndTime) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module one");
  const auto catalog = Open({folders_.Path("operations")});
  folders_.Write("operations/a.so", "module two");
  EXPECT_TRUE(catalog->Find("two").ok());
  EXPECT_FALSE(catalog->Find("one").ok());
}

TEST_F(CatalogTest, ForgetsADeletedModule) {
  folders_.Make("operations");
  const std::string file = folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  std::filesystem::remove(file);
  EXPECT_FALSE(catalog->Find("hello").ok());
  EXPECT_THAT(catalog->Refusals(), IsEmpty());
}

TEST_F(CatalogTest, KeepsTheLastCompleteContentWhileAFileIsOverwritten) {
  folders_.Make("operations");
  const std::string file = folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  {
    const UniqueFd writer(open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    ASSERT_TRUE(WriteAll(writer.get(), "module ").ok());
    chmod(file.c_str(), 0640);  // an event that makes the catalog look
    EXPECT_TRUE(catalog->Find("hello").ok());
    ASSERT_TRUE(WriteAll(writer.get(), "other").ok());
  }
  EXPECT_FALSE(catalog->Find("hello").ok());
  EXPECT_TRUE(catalog->Find("other").ok());
}

TEST_F(CatalogTest, DescribesTheSameBytesOnlyOnce) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  std::filesystem::rename(folders_.Path("operations/a.so"), folders_.Path("operations/b.so"));
  EXPECT_EQ(catalog->Find("hello")->file, folders_.Path("operations/b.so"));
  folders_.Write("operations/c.so", "module more");
  EXPECT_TRUE(catalog->Find("more").ok());
  EXPECT_EQ(runner_.described(), 2);
}

TEST_F(CatalogTest, RefusesABadModuleWithTheRunnersReason) {
  folders_.Make("operations");
  const std::string bad = folders_.Write("operations/bad.so", "refuse NoSymbol it exports nothing");
  folders_.Write("operations/good.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});

  const std::vector<Refusal> refusals = catalog->Refusals();

  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_EQ(refusals[0].file, bad);
  EXPECT_EQ(refusals[0].reason, "NoSymbol");
  EXPECT_EQ(refusals[0].message, "it exports nothing");
  EXPECT_TRUE(catalog->Find("hello").ok());
}

TEST_F(CatalogTest, AcceptsARefusedFileOnceItsModeIsMended) {
  folders_.Make("operations");
  const std::string file = folders_.Write("operations/a.so", "module hello");
  chmod(file.c_str(), 0666);
  const auto catalog = Open({folders_.Path("operations")});
  ASSERT_EQ(catalog->Refusals().size(), 1U);
  EXPECT_EQ(catalog->Refusals()[0].reason, "FileNotTrusted");
  chmod(file.c_str(), 0644);
  EXPECT_TRUE(catalog->Find("hello").ok());
  EXPECT_THAT(catalog->Refusals(), IsEmpty());
}

TEST_F(CatalogTest, RefusesAWholeFolderOthersMayWriteTo) {
  chmod(folders_.Make("operations").c_str(), 0777);
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  ASSERT_EQ(catalog->Refusals().size(), 1U);
  EXPECT_EQ(catalog->Refusals()[0].file, folders_.Path("operations"));
  EXPECT_EQ(catalog->Refusals()[0].reason, "FolderNotTrusted");
  EXPECT_FALSE(catalog->Find("hello").ok());
}

TEST_F(CatalogTest, LetsTheEarlierFolderWinAndNamesBothFiles) {
  folders_.Make("one");
  folders_.Make("two");
  const std::string first = folders_.Write("one/z.so", "module hello");
  const std::string second = folders_.Write("two/a.so", "module more hello");
  const auto catalog = Open({folders_.Path("one"), folders_.Path("two")});

  EXPECT_EQ(catalog->Find("hello")->file, first);
  EXPECT_FALSE(catalog->Find("more").ok());
  ASSERT_EQ(catalog->Refusals().size(), 1U);
  EXPECT_EQ(catalog->Refusals()[0].reason, "DuplicateOperation");
  EXPECT_THAT(catalog->Refusals()[0].message, HasSubstr(first));
  EXPECT_THAT(catalog->Refusals()[0].message, HasSubstr(second));
  std::filesystem::remove(first);
  EXPECT_EQ(catalog->Find("hello")->file, second);
}

TEST_F(CatalogTest, ReadsAFolderNamedTwiceOnce) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations"), folders_.Path("operations/")});
  EXPECT_TRUE(catalog->Find("hello").ok());
  EXPECT_THAT(catalog->Refusals(), IsEmpty());
}

TEST_F(CatalogTest, NamesTheNearestOperationAndCountsRefusals) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module go-profiler");
  folders_.Write("operations/b.so", "refuse NoSymbol none");
  folders_.Write("operations/go_heap.so", "refuse Full no space");
  const auto catalog = Open({folders_.Path("operations")});
  EXPECT_EQ(catalog->Find("go-profilr").status().message(),
            "no module provides operation \"go-profilr\"; did you mean go-profiler? "
            "(2 refused, see kubediag operations; b.so: none)");
  // That of a file of such a name is told.
  EXPECT_THAT(catalog->Find("go-heap").status().message(),
              testing::EndsWith("(2 refused, see kubediag operations; go_heap.so: no space)"));
}

TEST_F(CatalogTest, LetsFindWaitForAScanUnderWay) {
  folders_.Make("operations");
  const auto catalog = Open({folders_.Path("operations")});
  runner_.CloseGate();
  folders_.Write("operations/a.so", "module hello");
  auto found = std::async(std::launch::async, [&] { return catalog->Find("hello"); });
  runner_.AwaitDescribeAtGate();
  EXPECT_EQ(found.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  runner_.OpenGate();
  EXPECT_TRUE(found.get().ok());
}

TEST_F(CatalogTest, TakesAFileThatArrivesDuringAScanIntoTheNextOne) {
  folders_.Make("operations");
  const auto catalog = Open({folders_.Path("operations")});
  runner_.CloseGate();
  folders_.Write("operations/a.so", "module hello");
  runner_.AwaitDescribeAtGate();
  folders_.Write("operations/0.so", "module early");  // sorts before the file under way
  auto found = std::async(std::launch::async, [&] { return catalog->Find("early"); });
  runner_.OpenGate();
  EXPECT_TRUE(found.get().ok());
}

TEST_F(CatalogTest, DescribesAgainWhatFailedForWantOfMeans) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "busy");
  const auto catalog = Open({folders_.Path("operations")});
  EXPECT_EQ(catalog->Refusals()[0].reason, "Unavailable");
  folders_.Write("operations/b.so", "module other");
  EXPECT_TRUE(catalog->Find("other").ok());
  EXPECT_EQ(runner_.described(), 3);
}

TEST_F(CatalogTest, CountsModulesAndRefusalsByReason) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello bye");
  const std::string bad = folders_.Write("operations/b.so", "refuse NoSymbol none");
  const auto catalog = Open({folders_.Path("operations")});
  EXPECT_THAT(metrics_.Text(), HasSubstr("kubediag_catalog_modules 1\n"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("kubediag_catalog_operations 2\n"));
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("kubediag_catalog_refused_modules{reason=\"NoSymbol\"} 1"));
  std::filesystem::remove(bad);
  EXPECT_THAT(catalog->Refusals(), IsEmpty());
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("kubediag_catalog_refused_modules{reason=\"NoSymbol\"} 0"));
}

// Uses up the inotify instances a user may have, as busy nodes do.
TEST_F(CatalogTest, LooksForItselfWhenTheKernelHasNoInotifyInstanceLeft) {
  constexpr int kMostInstances = 2000;
  std::vector<UniqueFd> instances;
  for (int i = 0; i < kMostInstances; ++i) {
    UniqueFd instance(inotify_init1(IN_CLOEXEC));
    if (!instance.valid()) break;
    instances.push_back(std::move(instance));
  }
  // Of descriptors the catalog needs a few, and of those there must be some left.
  if (errno != EMFILE || instances.size() == kMostInstances) GTEST_SKIP() << "there is no end";
  const UniqueFd spare(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!spare.valid()) GTEST_SKIP() << "the limit on descriptors is lower";
  folders_.Make("operations");
  const auto catalog = Open({folders_.Path("operations")});
  instances.clear();
  folders_.Write("operations/hello.so", "module hello");
  EXPECT_TRUE(catalog->Find("hello").ok());
}

TEST_F(CatalogTest, TellsTheArtifactFoldersWithoutWaitingForAScan) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  runner_.CloseGate();
  folders_.Write("operations/b.so", "module late");
  runner_.AwaitDescribeAtGate();
  EXPECT_EQ(catalog->ArtifactFolders(), std::vector<std::string>{"artifacts/hello"});
  runner_.OpenGate();
}

TEST_F(CatalogTest, RecallsTheCopyOfAModuleThatWasReplaced) {
  folders_.Make("operations");
  folders_.Write("operations/a.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  const std::string before = catalog->Find("hello")->module_path;
  Result<LeasedModule> recalled = catalog->Recall(before);
  ASSERT_TRUE(recalled.ok()) << recalled.status().ToString();
  EXPECT_EQ(recalled->path, before);
  folders_.Write("operations/a.so", "module hello again");
  EXPECT_NE(catalog->Find("hello")->module_path, before);
  EXPECT_TRUE(std::filesystem::exists(before)) << "leased";
  EXPECT_FALSE(catalog->Recall(folders_.Path("operations/a.so")).ok());
}

TEST_F(CatalogTest, CopiesAModuleAgainWhoseCopyHasBeenRemoved) {
  folders_.Make("operations");
  folders_.Write("operations/hello.so", "module hello");
  const auto catalog = Open({folders_.Path("operations")});
  const std::string path = catalog->Find("hello")->module_path;
  // Its copy alone, then the directory of them all.
  for (const std::string& removed : {path, folders_.Path("modules")}) {
    std::filesystem::remove_all(removed);
    const Result<Entry> entry = catalog->Find("hello");
    ASSERT_TRUE(entry.ok()) << entry.status().ToString();
    EXPECT_EQ(entry->module_path, path);
    EXPECT_EQ(*ReadFile(path, 100), "module hello");
    EXPECT_TRUE(catalog->Recall(path).ok());
  }
  EXPECT_EQ(runner_.described(), 1);
}

TEST_F(CatalogTest, SaysThatTheDataRootIsGone) {
  folders_.Make("operations");
  folders_.Make("root");
  const std::string file = folders_.Write("operations/hello.so", "module hello");
  const std::string root = folders_.Path("root");
  const auto catalog = Catalog::Open({{folders_.Path("operations")}, root + "/modules", &metrics_},
                                     runner_, *logger_)
                           .value();
  ASSERT_TRUE(catalog->Find("hello").ok());
  std::filesystem::remove_all(root);
  const Status status = catalog->Find("hello").status();
  EXPECT_THAT(status.message(),
              HasSubstr("the data root " + root + " has been removed: restart kubediag"));
  EXPECT_THAT(status.message(), HasSubstr(file));
  EXPECT_FALSE(std::filesystem::exists(root));
}

TEST_F(CatalogTest, FailsToOpenWhenItsOwnDirectoryCannotBeMade) {
  folders_.Write("modules", "a file stands in the way");
  EXPECT_FALSE(Catalog::Open({{}, folders_.Path("modules")}, runner_, *logger_).ok());
}

TEST_F(CatalogTest, AnswersManyReadersWhileModulesComeAndGo) {
  folders_.Make("operations");
  folders_.Write("operations/steady.so", "module steady");
  const auto catalog = Open({folders_.Path("operations")});
  std::vector<std::jthread> readers;
  std::atomic<int> misses = 0;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        if (!catalog->Find("steady").ok()) ++misses;
        catalog->Entries();
      }
    });
  }
  for (int n = 0; n < 25; ++n) {
    const std::string file = folders_.Write("operations/a.so", "module hello" + std::to_string(n));
    EXPECT_TRUE(catalog->Find("hello" + std::to_string(n)).ok());
    std::filesystem::remove(file);
  }
  readers.clear();
  EXPECT_EQ(misses, 0);
}

}  // namespace
}  // namespace kubediag::catalog
