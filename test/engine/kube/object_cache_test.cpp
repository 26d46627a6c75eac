#include "engine/kube/object_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engine/kube/resource_version.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ObjectCache::ListKind;

std::string Describe(const Change& change) {
  constexpr std::string_view kTypes[] = {"added", "updated", "removed"};
  constexpr std::string_view kCauses[] = {"", " deleted", " not listed", " replaced",
                                          " not selected"};
  std::string text(kTypes[static_cast<size_t>(change.type)]);
  text += " " + change.object->metadata().uid + "@" + change.object->metadata().resource_version;
  return text + std::string(kCauses[static_cast<size_t>(change.cause)]);
}

std::vector<std::string> Describe(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  for (const Change& change : changes) texts.push_back(Describe(change));
  return texts;
}

class ObjectCacheTest : public testing::Test {
 protected:
  std::vector<std::string> Put(const DiagnosisText& text) {
    return Describe(cache_.Put(ReadDiagnosis(text)));
  }
  std::vector<std::string> Replace(const std::vector<DiagnosisText>& texts,
                                   Kind kind = Kind::kNotOlder) {
    std::vector<ObjectPtr> objects;
    for (const DiagnosisText& text : texts) objects.push_back(ReadDiagnosis(text));
    return Describe(cache_.Replace(objects, kind));
  }
  std::vector<std::string> Delete(const DiagnosisText& text) {
    const ObjectPtr object = ReadDiagnosis(text);
    return Describe(cache_.Remove(object->metadata(), object, RemovalCause::kDeleted));
  }
  void Write(const DiagnosisText& text) { cache_.RecordWrite(ReadDiagnosis(text)->object); }
  std::string VersionOf(const std::string& name) {
    const ObjectPtr object = cache_.Find(ObjectKey{"default", name});
    return object == nullptr ? "none" : object->metadata().resource_version;
  }

  ObjectCache cache_;
};

TEST_F(ObjectCacheTest, FindsByUidAndByName) {
  Put({.name = "a", .uid = "1"});
  EXPECT_EQ(cache_.Find("1"), cache_.Find(ObjectKey{"default", "a"}));
  EXPECT_NE(cache_.Find("1"), nullptr);
  EXPECT_EQ(cache_.Find("2"), nullptr);
  EXPECT_EQ(cache_.Find(ObjectKey{"other", "a"}), nullptr);
}

TEST_F(ObjectCacheTest, TellsWhatWasBefore) {
  Put({.version = 1, .message = "old"});
  const auto changes = cache_.Put(ReadDiagnosis({.version = 2, .message = "new"}));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].type, ChangeType::kUpdated);
  EXPECT_EQ(changes[0].previous->metadata().resource_version, "1");
  EXPECT_EQ(changes[0].object->metadata().resource_version, "2");
}

TEST_F(ObjectCacheTest, TakesRepeatedAndOlderEventsForNoNews) {
  EXPECT_THAT(Put({.version = 9}), ElementsAre("added uid-a@9"));
  EXPECT_THAT(Put({.version = 9}), IsEmpty());
  EXPECT_THAT(Put({.version = 8}), IsEmpty());
  EXPECT_THAT(Put({.version = 10}), ElementsAre("updated uid-a@10"));
}

TEST_F(ObjectCacheTest, TakesItsOwnWriteForNoNews) {
  Put({.version = 5});
  Write({.version = 8, .message = "mine"});
  EXPECT_EQ(VersionOf("a"), "8");
  EXPECT_THAT(Put({.version = 6}), IsEmpty());
  EXPECT_THAT(Put({.version = 8}), IsEmpty());
  EXPECT_EQ(VersionOf("a"), "8");
  EXPECT_THAT(Put({.version = 11}), ElementsAre("updated uid-a@11"));
}

TEST_F(ObjectCacheTest, DoesNotGoBackByAWriteThatReturnsLate) {
  Put({.version = 9, .message = "newer"});
  Write({.version = 8});
  EXPECT_EQ(VersionOf("a"), "9");
}

TEST_F(ObjectCacheTest, RemembersNoWriteOfWhatItDoesNotHold) {
  Write({.version = 8});
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_THAT(Put({.version = 8}), ElementsAre("added uid-a@8"));
  Write({.name = "a", .uid = "other", .version = 12});
  Write({.name = "other", .uid = "uid-a", .version = 12});
  EXPECT_EQ(VersionOf("a"), "8");
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(ObjectCacheTest, ListOlderThanAnOwnWriteDoesNotUndoIt) {
  Put({.version = 5});
  Write({.version = 8});
  EXPECT_THAT(Replace({{.version = 6}}), IsEmpty());
  EXPECT_EQ(VersionOf("a"), "8");
}

TEST_F(ObjectCacheTest, ListOfARestoredServerIsRight) {
  Put({.version = 50});
  EXPECT_THAT(Replace({{.version = 6}}, Kind::kAfresh), ElementsAre("updated uid-a@6"));
  EXPECT_EQ(VersionOf("a"), "6");
}

TEST_F(ObjectCacheTest, ListTellsWhatIsMissingFirst) {
  Replace({{.name = "a", .uid = "1"}, {.name = "b", .uid = "2"}, {.name = "c", .uid = "3"}});
  EXPECT_THAT(Replace({{.name = "b", .uid = "2"},
                       {.name = "c", .uid = "3", .version = 7},
                       {.name = "d", .uid = "4", .version = 8}}),
              ElementsAre("removed 1@1 not listed", "updated 3@7", "added 4@8"));
  EXPECT_EQ(cache_.size(), 3u);
}

TEST_F(ObjectCacheTest, AnotherObjectOfTheSameNameIsRemovalAndAddition) {
  Put({.name = "a", .uid = "1", .version = 3});
  EXPECT_THAT(Replace({{.name = "a", .uid = "2", .version = 9}}),
              ElementsAre("removed 1@3 replaced", "added 2@9"));
  EXPECT_THAT(Put({.name = "a", .uid = "3", .version = 12}),
              ElementsAre("removed 2@9 replaced", "added 3@12"));
  EXPECT_EQ(cache_.size(), 1u);
  EXPECT_EQ(VersionOf("a"), "12");
}

TEST_F(ObjectCacheTest, DeletionOfAPredecessorLeavesTheNewOne) {
  Put({.name = "a", .uid = "2", .version = 9});
  EXPECT_THAT(Delete({.name = "a", .uid = "1", .version = 8}), IsEmpty());
  EXPECT_EQ(VersionOf("a"), "9");
  EXPECT_THAT(Delete({.name = "a", .uid = "2", .version = 10}),
              ElementsAre("removed 2@10 deleted"));
  EXPECT_EQ(VersionOf("a"), "none");
  EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(ObjectCacheTest, SurvivesAUidThatChangesItsName) {
  Put({.name = "a", .uid = "1", .version = 1});
  EXPECT_THAT(Put({.name = "b", .uid = "1", .version = 2}),
              ElementsAre("removed 1@1 replaced", "added 1@2"));
  EXPECT_EQ(VersionOf("a"), "none");
  EXPECT_EQ(VersionOf("b"), "2");
}

TEST_F(ObjectCacheTest, ListsInTheOrderOfNames) {
  Replace({{.name = "b", .uid = "1"}, {.name = "a", .uid = "2"}});
  std::vector<std::string> names;
  for (const ObjectPtr& object : cache_.List()) names.push_back(object->metadata().name);
  EXPECT_THAT(names, ElementsAre("a", "b"));
}

TEST_F(ObjectCacheTest, IsReadWhileItIsWritten) {
  const std::vector<ObjectPtr> versions = {ReadDiagnosis({.version = 1}),
                                           ReadDiagnosis({.version = 2})};
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      if (const ObjectPtr object = cache_.Find(ObjectKey{"default", "a"})) {
        EXPECT_EQ(object->metadata().name, "a");
      }
      EXPECT_LE(cache_.List().size(), 1u);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    cache_.Put(versions[0]);
    cache_.RecordWrite(versions[1]->object);
    cache_.Replace({}, Kind::kNotOlder);
  }
  done = true;
  reader.join();
}

TEST(ResourceVersion, ComparesNumbersOfAnyLength) {
  EXPECT_TRUE(std::is_lt(CompareVersions("9", "10")));
  EXPECT_TRUE(std::is_gt(CompareVersions("0010", "9")));
  EXPECT_TRUE(
      std::is_gt(CompareVersions("100000000000000000000000001", "100000000000000000000000000")));
  EXPECT_TRUE(std::is_eq(CompareVersions("7", "007")));
}

TEST(ResourceVersion, FailsOpenOnWhatIsNoNumber) {
  for (const std::string_view odd : {"", "x", "1.5", "-1", " 1", "12a"}) {
    EXPECT_FALSE(IsOldNews(odd, "100")) << odd;
    EXPECT_FALSE(IsOldNews("1", odd)) << odd;
  }
  EXPECT_TRUE(IsOldNews("x", "x"));
  EXPECT_FALSE(IsOldNews("", ""));
}

}  // namespace
}  // namespace kubediag::kube
