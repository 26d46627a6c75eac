#include "engine/kube/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "engine/core/limits.h"
#include "engine/kube/backoff.h"
#include "test/engine/kube/fake_clock.h"

namespace kubediag::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class WorkQueueTest : public testing::Test {
 protected:
  static ObjectKey Key(const std::string& name, const std::string& space = "n") {
    return {space, name};
  }
  // Takes all there is, and hands each back.
  std::vector<std::string> Drain() {
    std::vector<std::string> taken;
    while (const auto key = queue_.TryTake()) {
      taken.push_back(key->ToString());
      queue_.Done(*key);
    }
    return taken;
  }
  milliseconds UntilDue() {
    const auto due = queue_.NextDue();
    return due ? std::chrono::duration_cast<milliseconds>(*due - clock_.Now()) : milliseconds(-1);
  }

  FakeClock clock_;
  WorkQueue queue_{clock_};
};

TEST_F(WorkQueueTest, HandsOutAKeyOnceHoweverOftenItWasAdded) {
  for (int i = 0; i < 3; ++i) queue_.Add(Key("a"));
  queue_.Add(Key("b"));
  EXPECT_EQ(queue_.waiting(), 2u);
  EXPECT_THAT(Drain(), ElementsAre("n/a", "n/b"));
}

TEST_F(WorkQueueTest, NeverGivesAKeyToTwoWorkers) {
  queue_.Add(Key("a"));
  ASSERT_EQ(queue_.TryTake(), Key("a"));
  queue_.Add(Key("a"));
  queue_.Add(Key("a"));
  EXPECT_EQ(queue_.TryTake(), std::nullopt);
  queue_.Done(Key("a"));
  EXPECT_EQ(queue_.TryTake(), Key("a"));
  queue_.Done(Key("a"));
  EXPECT_EQ(queue_.TryTake(), std::nullopt);
}

TEST_F(WorkQueueTest, LetsNamespacesTakeTurns) {
  for (int i = 0; i < 1000; ++i) queue_.Add(Key("x" + std::to_string(i), "many"));
  queue_.Add(Key("a", "few"));
  queue_.Add(Key("b", "few"));
  queue_.Add(Key("a", "one"));
  std::vector<std::string> taken = Drain();
  ASSERT_EQ(taken.size(), 1003u);
  taken.resize(6);
  EXPECT_THAT(taken, ElementsAre("many/x0", "few/a", "one/a", "many/x1", "few/b", "many/x2"));
}

TEST_F(WorkQueueTest, AddsLaterKeysWhenTheyAreDue) {
  queue_.AddAfter(Key("later"), seconds(10));
  queue_.AddAfter(Key("sooner"), seconds(2));
  queue_.AddAfter(Key("now"), seconds(0));
  EXPECT_THAT(Drain(), ElementsAre("n/now"));
  clock_.Advance(seconds(2));
  EXPECT_THAT(Drain(), ElementsAre("n/sooner"));
  clock_.Advance(seconds(8) - milliseconds(1));
  EXPECT_THAT(Drain(), IsEmpty());
  clock_.Advance(milliseconds(1));
  EXPECT_THAT(Drain(), ElementsAre("n/later"));
}

TEST_F(WorkQueueTest, KeepsTheEarliestOfSeveralTimes) {
  queue_.AddAfter(Key("a"), seconds(10));
  queue_.AddAfter(Key("a"), seconds(3));
  queue_.AddAfter(Key("a"), seconds(7));
  EXPECT_EQ(UntilDue(), seconds(3));
  clock_.Advance(seconds(20));
  EXPECT_THAT(Drain(), ElementsAre("n/a"));
}

TEST_F(WorkQueueTest, RetriesLaterWithEachFailureUpToTheCap) {
  milliseconds expected = kKeyRetryFirst;
  for (int i = 0; i < 30; ++i) {
    queue_.AddAfterFailure(Key("a"));
    ASSERT_EQ(UntilDue(), expected) << "failure " << i;
    clock_.Advance(expected);
    ASSERT_THAT(Drain(), ElementsAre("n/a"));
    expected = std::min<milliseconds>(expected * 2, kKeyRetryLongest);
  }
  queue_.Forget(Key("a"));
  queue_.AddAfterFailure(Key("a"));
  EXPECT_EQ(UntilDue(), kKeyRetryFirst);
}

TEST_F(WorkQueueTest, OneKeysFailuresAreNotAnothers) {
  for (int i = 0; i < 5; ++i) {
    queue_.AddAfterFailure(Key("a"));
    clock_.Advance(seconds(100));
    Drain();
  }
  queue_.AddAfterFailure(Key("b"));
  EXPECT_EQ(UntilDue(), kKeyRetryFirst);
}

TEST_F(WorkQueueTest, LimitsTheRetriesOfAllKeysTogether) {
  for (unsigned i = 0; i < kRetryBurst + 20; ++i) queue_.AddAfterFailure(Key(std::to_string(i)));
  clock_.Advance(kKeyRetryFirst);
  EXPECT_EQ(Drain().size(), kRetryBurst);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Drain().size(), 10u);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Drain().size(), 10u);
  clock_.Advance(seconds(60));  // the burst is there again, and no more than it
  for (unsigned i = 0; i < kRetryBurst + 1; ++i)
    queue_.AddAfterFailure(Key("y" + std::to_string(i)));
  clock_.Advance(kKeyRetryFirst);
  EXPECT_EQ(Drain().size(), kRetryBurst);
}

TEST_F(WorkQueueTest, ShutDownHandsOutWhatWaitsAndNothingElse) {
  queue_.Add(Key("working"));
  ASSERT_TRUE(queue_.TryTake());
  queue_.Add(Key("working"));
  queue_.Add(Key("waiting"));
  queue_.AddAfter(Key("later"), seconds(1));
  queue_.ShutDown();
  queue_.Add(Key("new"));
  queue_.AddAfter(Key("newer"), seconds(0));
  queue_.AddAfterFailure(Key("failed"));
  EXPECT_EQ(queue_.Take({}), Key("waiting"));
  EXPECT_EQ(queue_.Take({}), std::nullopt);
  queue_.Done(Key("waiting"));
  queue_.Done(Key("working"));  // it became dirty before the end
  EXPECT_EQ(queue_.Take({}), Key("working"));
  queue_.Done(Key("working"));
  clock_.Advance(seconds(60));
  EXPECT_EQ(queue_.Take({}), std::nullopt);
  EXPECT_TRUE(queue_.WaitUntilIdle({}));
}

TEST_F(WorkQueueTest, TakeEndsWhenStopped) {
  std::stop_source stop;
  std::thread worker([&] { EXPECT_EQ(queue_.Take(stop.get_token()), std::nullopt); });
  stop.request_stop();
  worker.join();
  EXPECT_FALSE(queue_.Take(stop.get_token()));
}

TEST_F(WorkQueueTest, DoneOfAKeyNobodyTookIsNothing) {
  queue_.Add(Key("a"));
  queue_.Done(Key("a"));
  EXPECT_THAT(Drain(), ElementsAre("n/a"));
}

TEST(WorkQueueThreads, WorkOnEveryKeyAloneAndLoseNone) {
  WorkQueue queue(SystemClock());
  constexpr int kKeys = 8;
  std::atomic<int> working[kKeys] = {};
  std::atomic<int> seen[kKeys] = {};
  std::atomic<int> wanted[kKeys] = {};
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (const auto key = queue.Take({})) {
        const auto index = static_cast<size_t>(std::stoi(key->name));
        EXPECT_EQ(++working[index], 1);
        seen[index] = wanted[index].load();
        --working[index];
        queue.Done(*key);
      }
    });
  }
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      for (int j = 0; j < 5000; ++j) {
        const int key = j % kKeys;
        ++wanted[key];
        const ObjectKey name{std::to_string(key % 3), std::to_string(key)};
        if (j % 5 == 0) {
          queue.AddAfter(name, milliseconds(1));
          queue.Add(name);
        } else {
          queue.Add(name);
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  queue.ShutDown();
  EXPECT_TRUE(queue.WaitUntilIdle({}));
  for (std::thread& worker : workers) worker.join();
  for (size_t i = 0; i < kKeys; ++i) EXPECT_EQ(seen[i], wanted[i]) << "the last news of " << i;
}

TEST(WorkQueueThreads, TakeWaitsForWhatIsDueLater) {
  WorkQueue queue(SystemClock());
  queue.AddAfter({"n", "a"}, milliseconds(5));
  EXPECT_EQ(queue.Take({}), (ObjectKey{"n", "a"}));
}

TEST(BackoffTest, DoublesToTheCapWithJitterAndStartsOverInHealth) {
  FakeClock clock;
  double random = 0;
  Backoff backoff({}, clock, [&] { return random; });
  const auto next = [&] {
    const Clock::Duration wait = backoff.Next();
    clock.Advance(wait);
    return std::chrono::duration_cast<milliseconds>(wait).count();
  };
  std::vector<int64_t> waits;
  for (int i = 0; i < 8; ++i) waits.push_back(next());
  EXPECT_THAT(waits, ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 30000, 30000));
  random = 0.5;
  EXPECT_EQ(next(), 45'000);
  clock.Advance(kWatchRetryReset - seconds(1));
  EXPECT_EQ(next(), 45'000);
  clock.Advance(kWatchRetryReset);
  EXPECT_EQ(next(), 1200);
}

TEST(RandomSourceTest, IsWithinBoundsAndDiffersFromSourceToSource) {
  RandomSource one = MakeRandomSource();
  RandomSource two = MakeRandomSource();
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const double a = one();
    differs |= a != two();
    ASSERT_GE(a, 0);
    ASSERT_LT(a, 1);
  }
  EXPECT_TRUE(differs);
}

TEST(SystemClockTest, GoesOnAndCanBeStopped) {
  Clock& clock = SystemClock();
  const Clock::TimePoint before = clock.Now();
  EXPECT_TRUE(clock.Sleep(milliseconds(1), {}));
  EXPECT_GE(clock.Now() - before, milliseconds(1));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(clock.Sleep(std::chrono::hours(24), stop.get_token()));
}

}  // namespace
}  // namespace kubediag::kube
