#include "engine/diagnosis/viewers.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/abi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "engine/api/time.h"
#include "engine/diagnosis/listen.h"
#include "engine/diagnosis/status.h"
#include "test/engine/diagnosis/fixture.h"

namespace kubediag::diagnosis {
namespace {

using std::chrono::nanoseconds;
using testing::HasSubstr;
using testing::MatchesRegex;

uint16_t PortOf(const std::string& url) {
  return static_cast<uint16_t>(std::stoi(url.substr(url.find(':', 7) + 1)));
}

bool CanConnect(uint16_t port) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class ViewersTest : public ExecutorTest {
 protected:
  ViewersTest() { AddServer("server", std::chrono::hours(2)); }

  void AddServer(const std::string& name, nanoseconds linger) {
    operation::OperationDescriptor server = Module(name);
    server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
    server.restorable = true;
    server.artifact_folder = "pages";
    Add(server, [this, linger](const operation::Job& job, const std::stop_token&) {
      if (job.restore && !restore_works) return FailWith("Gone", "the file is gone");
      urls.push_back(job.base_url);
      operation::RunOutcome outcome = Succeed({{"endpoint", "Visit " + job.base_url}});
      outcome.serving = true;
      outcome.linger = linger;
      outcome.state = "state of " + job.base_url;
      return outcome;
    });
    AddSet({{1}, {}}, {name});
  }

  bool restore_works = true;
  std::vector<std::string> urls;
};

TEST_F(ViewersTest, AServingOperationLivesOnAfterTheRun) {
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded) << done.status.message;
  EXPECT_EQ(executor().viewers().Count(), 1U);
  EXPECT_EQ(ConditionOf(done, "Serving").status, "True");
  EXPECT_THAT(urls.at(0), MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/[0-9a-f]{32}/"));
  EXPECT_TRUE(CanConnect(PortOf(urls[0])));
  executor().viewers().StopAll();
  EXPECT_EQ(executor().viewers().Count(), 0U);
  EXPECT_EQ(runner.Live(), 0U);
  EXPECT_FALSE(CanConnect(PortOf(urls[0])));
}

TEST_F(ViewersTest, AnEarlyExitShowsInConditionServing) {
  AddDiagnosis();
  Run();
  runner.Exit("server");
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  EXPECT_EQ(ConditionOf(Stored(), "Serving").status, "False");
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "ExitedEarly");
  EXPECT_EQ(Stored().status.phase, api::Phase::kSucceeded);
}

TEST_F(ViewersTest, ExpiryEndsTheOperationAndIsTold) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  EXPECT_EQ(runner.Live(), 0U);
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "Expired");
}

// Until then the status sends people to a page that is gone.
TEST_F(ViewersTest, ItsEndIsToldOnceTheStoreIsBack) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  std::atomic<int> refused = 3;
  store.before_read = [&refused] {
    return refused-- > 0 ? Status::Unavailable("away") : Status::Ok();
  };
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  EXPECT_EQ(ConditionOf(Stored(), "Serving").status, "False");
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "Expired");
}

TEST_F(ViewersTest, ItsEndIsNotToldForEver) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  std::atomic<int> reads = 0;
  store.before_read = [&reads] {
    ++reads;
    return Status::Unavailable("away");
  };
  Run();
  while (reads == 0) std::this_thread::yield();
  EXPECT_EQ(executor().viewers().Count(), 0U);
  EXPECT_TRUE(executor().viewers().Reserve()) << "its place is free";
  executor().viewers().StopAll();
}

TEST_F(ViewersTest, AnEndThatCannotBeToldAtTheStartIsSaidToBeTriedAgain) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  Restart();
  api::Diagnosis before = Stored();
  SetServing(before.status, true, "Serving", "as an engine left it", api::Now());
  ASSERT_TRUE(store.WriteStatus(before).ok());
  bool away = true;
  store.before_read = [&away] { return away ? Status::Unavailable("away") : Status::Ok(); };
  EXPECT_EQ(executor().RestoreViewers(Stored()).reason(), "StoreUnavailable");
  away = false;
  EXPECT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "Expired");
}

TEST_F(ViewersTest, AStoreThatIsAwayAtTheStartSaysNothingAboutThePage) {
  AddDiagnosis();
  Run();
  Restart();
  store.set_status = Status::Unavailable("away");
  EXPECT_EQ(executor().RestoreViewers(Stored()).reason(), "StoreUnavailable");
  EXPECT_EQ(ConditionOf(Stored(), "Serving").status, "True");
  store.set_status = Status::Ok();
  EXPECT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(executor().viewers().Count(), 1U);
}

// One that cannot be restored would be lost, and any other be away for a moment each time.
TEST_F(ViewersTest, PagesStayWhileTheResultCannotBeWritten) {
  operation::OperationDescriptor server = Module("server");
  server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  catalog.Add(server);
  options.status_write_timeout = {};
  AddDiagnosis();
  int writes = 0;
  store.before_write = [&writes](const api::Diagnosis&) {
    return ++writes == 2 ? Status::Unavailable("away") : Status::Ok();
  };
  EXPECT_EQ(TryRun().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Stored().status.phase, api::Phase::kRunning);
  EXPECT_EQ(executor().viewers().Count(), 1U);
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(ConditionOf(done, "Serving").status, "True");
  EXPECT_EQ(executor().viewers().Count(), 1U);
  EXPECT_EQ(runner.Runs("server"), 1U);
  EXPECT_TRUE(CanConnect(PortOf(urls.at(0))));
}

TEST_F(ViewersTest, PagesOfARunThatIsInterruptedEnd) {
  options.status_write_timeout = {};
  AddDiagnosis();
  int writes = 0;
  store.before_write = [&writes](const api::Diagnosis&) {
    return ++writes == 2 ? Status::Unavailable("away") : Status::Ok();
  };
  EXPECT_FALSE(TryRun().ok());
  AddSet({{1}, {2}, {}}, {"server", "server"});
  EXPECT_EQ(ConditionOf(Run(), "OperationSetChanged").status, "True");
  EXPECT_EQ(executor().viewers().Count(), 0U);
}

TEST_F(ViewersTest, EventsOfAResumedRunNeverCarryItsCapabilityEither) {
  bool dies = true;
  Add(
      "slow",
      [&](const operation::Job& job, const std::stop_token& stop) {
        if (!dies) return FailWith("Broken", "could not post " + urls.at(0));
        cancellation->Request(CancelCause::kShutdown);
        return Hang(job, stop);
      },
      true);
  AddSet({{1}, {2}, {}}, {"server", "slow"});
  AddDiagnosis();
  EXPECT_FALSE(TryRun().ok());
  Restart();
  dies = false;
  Run();
  const std::string capability = urls.at(0).substr(urls[0].size() - 33, 32);
  ASSERT_FALSE(events.empty());
  for (const std::string& event : events) EXPECT_THAT(event, testing::Not(HasSubstr(capability)));
}

TEST_F(ViewersTest, WaitingForThemCanBeStopped) {
  AddDiagnosis();
  Run();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(executor().viewers().WaitUntilNone(stop.get_token()));
  EXPECT_EQ(executor().viewers().Count(), 1U);
}

TEST_F(ViewersTest, ThereAreAsManyAsTheNodeAllowsAndNoMore) {
  options.limits.live_viewers = 2;
  AddSet({{1, 2, 3}, {}, {}, {}}, {"server", "server", "server"}, api::Strategy::kAllPaths);
  options.limits.concurrent_operations = 1;
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(executor().viewers().Count(), 2U);
  EXPECT_EQ(done.status.operations.at(2).reason, "ViewerLimit");
  executor().viewers().StopAll();
  const auto ticket = executor().viewers().Reserve();
  EXPECT_TRUE(ticket);  // places are given back
}

TEST_F(ViewersTest, ARunThatMayWaitHasItsPlacesBeforeItIsClaimed) {
  options.limits.live_viewers = 2;
  AddSet({{1}, {2}, {}}, {"server", "server"});
  AddDiagnosis();
  const auto run = [this](Obstacles obstacles) {
    return executor().Run(Stored(), *cancellation, observer, obstacles);
  };
  auto ticket = executor().viewers().Reserve();
  for (const Obstacles obstacles : {Obstacles::kReturn, Obstacles::kReturnNoPlace}) {
    EXPECT_EQ(run(obstacles).status().reason(), "ViewerLimit");
    EXPECT_EQ(Stored().status.phase, api::Phase::kNone);
  }
  EXPECT_TRUE(executor().viewers().Reserve());  // what there is was not kept meanwhile
  ticket.reset();
  ASSERT_TRUE(run(Obstacles::kReturn).ok());
  EXPECT_EQ(Stored().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(executor().viewers().Count(), 2U);
  EXPECT_FALSE(executor().viewers().HasPlace());
}

TEST_F(ViewersTest, ReservedPlacesThatWereNotNeededAreGivenBack) {
  options.limits.live_viewers = 2;
  AddSet({{1, 2}, {}, {}}, {"server", "server"});
  AddDiagnosis();
  ASSERT_TRUE(executor().Run(Stored(), *cancellation, observer, Obstacles::kReturn).ok());
  EXPECT_EQ(executor().viewers().Count(), 1U);
  EXPECT_TRUE(executor().viewers().HasPlace());
}

TEST_F(ViewersTest, AFailedOperationKeepsNothingAlive) {
  operation::OperationDescriptor server = Module("server");
  server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  Add(server,
      [](const operation::Job&, const std::stop_token&) { return FailWith("Broken", "it broke"); });
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(executor().viewers().Count(), 0U);
  EXPECT_EQ(runner.Live(), 0U);
  EXPECT_EQ(api::FindCondition(done.status.conditions, "Serving"), nullptr);
}

TEST_F(ViewersTest, CancellingTheRunEndsItsViewers) {
  Add("slow", [this](const operation::Job& job, const std::stop_token& stop) {
    cancellation->Request(CancelCause::kCancelled);
    return Hang(job, stop);
  });
  AddSet({{1}, {2}, {}}, {"server", "slow"});
  AddDiagnosis();
  const api::Diagnosis done = Run();
  EXPECT_EQ(executor().viewers().Count(), 0U);
  EXPECT_EQ(ConditionOf(done, "Serving").reason, "Cancelled");
}

TEST_F(ViewersTest, EventsNeverCarryACapability) {
  operation::OperationDescriptor server = Module("server");
  server.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  Add(server, [this](const operation::Job& job, const std::stop_token&) {
    urls.push_back(job.base_url);
    return FailWith("Broken", "could not serve " + job.base_url);
  });
  AddDiagnosis();
  Run();
  const std::string capability = urls.at(0).substr(urls[0].size() - 33, 32);
  ASSERT_FALSE(events.empty());
  for (const std::string& event : events) {
    EXPECT_THAT(event, testing::Not(HasSubstr(capability)));
  }
}

TEST_F(ViewersTest, AfterARestartTheyComeBackOnTheirPort) {
  AddDiagnosis();
  Run();
  Restart();
  EXPECT_EQ(runner.Live(), 0U);
  ASSERT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(executor().viewers().Count(), 1U);
  ASSERT_EQ(urls.size(), 2U);
  EXPECT_EQ(urls[1], urls[0]);
  const operation::Job job = runner.Jobs("server").at(1);
  EXPECT_TRUE(job.restore);
  EXPECT_EQ(job.state, "state of " + urls[0]);
  EXPECT_GE(job.artifact_directory, 0);
  EXPECT_TRUE(CanConnect(PortOf(urls[0])));
}

TEST_F(ViewersTest, TheCopyThatServedBeforeIsLeasedAsLongAsItServesAgain) {
  AddDiagnosis();
  Run();
  Restart();
  const auto lease = std::make_shared<const int>();
  const std::string served_before = "/modules/server.so";
  catalog.copies[served_before] = lease;
  operation::OperationDescriptor today = Module("server");
  today.optional_features = KUBEDIAG_FEATURE_SERVES_HTTP;
  today.restorable = true;
  today.artifact_folder = "pages";
  catalog.Add(today, "/modules/today.so");
  ASSERT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(runner.LastPrepared(), served_before);
  EXPECT_EQ(lease.use_count(), 3) << "ours, the catalog's, the viewer's";
  Restart();
  EXPECT_EQ(lease.use_count(), 2);

  catalog.copies.clear();  // it is gone, or damaged
  ASSERT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(runner.LastPrepared(), "/modules/today.so");
}

TEST_F(ViewersTest, ExpiredOnesDoNotComeBack) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  Restart();
  EXPECT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(executor().viewers().Count(), 0U);
  EXPECT_EQ(runner.Restores("short"), 0U);
}

TEST_F(ViewersTest, OneThatExpiredWhileNoEngineRanIsTold) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  const std::string ordinary = ConditionOf(Stored(), "Serving").message;
  Restart();
  for (const std::string& reason : std::vector<std::string>{"Serving", "RestoreFailed"}) {
    api::Diagnosis before = Stored();
    SetServing(before.status, reason == "Serving", reason, "as an engine left it", api::Now());
    ASSERT_TRUE(store.WriteStatus(before).ok());
    catalog.Remove("short");  // what cannot come back has expired all the same
    EXPECT_TRUE(executor().RestoreViewers(Stored()).ok());
    EXPECT_EQ(ConditionOf(Stored(), "Serving").status, "False") << reason;
    EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "Expired") << reason;
    EXPECT_EQ(ConditionOf(Stored(), "Serving").message, ordinary);
    Restart();
  }
}

TEST_F(ViewersTest, WhatEndedOtherwiseIsNotSaidToHaveExpired) {
  AddServer("short", milliseconds(1));
  AddDiagnosis();
  Run();
  EXPECT_TRUE(executor().viewers().WaitUntilNone({}));
  Restart();
  api::Diagnosis before = Stored();
  SetServing(before.status, false, "ExitedEarly", "it crashed", api::Now());
  ASSERT_TRUE(store.WriteStatus(before).ok());
  EXPECT_TRUE(executor().RestoreViewers(Stored()).ok());
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "ExitedEarly");
}

TEST_F(ViewersTest, RestoringIsCutShortByTheEndOfTheEngine) {
  AddDiagnosis();
  Run();
  Restart();
  std::stop_source stop;
  runner.Register("server", [&stop](const operation::Job& job, const std::stop_token& token) {
    stop.request_stop();  // while it is waited for
    return Hang(job, token);
  });
  EXPECT_EQ(executor().RestoreViewers(Stored(), stop.get_token()).code(), StatusCode::kCancelled);
  EXPECT_NE(ConditionOf(Stored(), "Serving").reason, "RestoreFailed") << "the next engine may";
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ViewersTest, OneThatCannotComeBackIsTold) {
  AddDiagnosis();
  Run();
  Restart();
  restore_works = false;
  EXPECT_EQ(executor().RestoreViewers(Stored()).reason(), "Gone");
  EXPECT_EQ(ConditionOf(Stored(), "Serving").reason, "RestoreFailed");
  EXPECT_THAT(ConditionOf(Stored(), "Serving").message, HasSubstr("the file is gone"));
  EXPECT_EQ(runner.Live(), 0U);
}

TEST_F(ViewersTest, AResumedRunServesAgainWhatItServedBefore) {
  bool dies = true;
  Add(
      "slow",
      [&](const operation::Job& job, const std::stop_token& stop) {
        if (!dies) return Succeed();
        cancellation->Request(CancelCause::kShutdown);
        return Hang(job, stop);
      },
      true);
  AddSet({{1}, {2}, {}}, {"server", "slow"});
  AddDiagnosis();
  EXPECT_FALSE(TryRun().ok());
  Restart();
  dies = false;
  const api::Diagnosis done = Run();
  EXPECT_EQ(done.status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(runner.Runs("server"), 2U);
  EXPECT_EQ(runner.Restores("server"), 1U);
  EXPECT_EQ(done.status.operation_results.at("endpoint"), "Visit " + urls[0]);
  EXPECT_EQ(ConditionOf(done, "Serving").status, "True");
  EXPECT_TRUE(CanConnect(PortOf(urls[0])));
}

TEST_F(ViewersTest, ANewRunOfTheSameDiagnosisEndsTheOldPage) {
  AddDiagnosis();
  Run();
  AddDiagnosis({{"changed", "1"}});
  EXPECT_EQ(Run().status.phase, api::Phase::kSucceeded);
  EXPECT_EQ(executor().viewers().Count(), 1U);
  EXPECT_NE(urls.at(0), urls.at(1));
}

TEST_F(ViewersTest, AnotherProcessCannotRunWhatIsServed) {
  AddDiagnosis();
  Run();
  AddDiagnosis({{"changed", "1"}});
  Executor other(store, catalog, runner, options, *logger);
  EXPECT_EQ(other.Run(Stored(), *cancellation, observer).status().reason(), "AlreadyRunning");
}

TEST(Listen, TakesTheFirstFreePortOfTheRange) {
  ExecutorOptions options;
  options.first_viewer_port = 0;
  options.last_viewer_port = 0;
  auto any = BindViewerSocket(options);
  ASSERT_TRUE(any.ok());
  options.first_viewer_port = options.last_viewer_port = any->port;
  const auto taken = BindViewerSocket(options);
  EXPECT_EQ(taken.status().reason(), "ViewerPortUnavailable");
  EXPECT_THAT(taken.status().message(), HasSubstr(std::to_string(any->port)));
  any->fd.Reset();
  EXPECT_TRUE(BindViewerSocket(options).ok());
}

TEST(Listen, NamesTheHostThatPeopleCanReach) {
  ExecutorOptions options;
  options.first_viewer_port = 0;
  options.last_viewer_port = 0;
  options.node_name = "node-1";
  EXPECT_THAT(BindViewerSocket(options)->base_url, HasSubstr("http://127.0.0.1:"));
  options.viewer_address = "0.0.0.0";
  EXPECT_THAT(BindViewerSocket(options)->base_url, HasSubstr("http://node-1:"));
  options.viewer_host = "fd00::1";
  EXPECT_THAT(BindViewerSocket(options)->base_url, HasSubstr("http://[fd00::1]:"));
  options.viewer_address = "localhost";
  EXPECT_EQ(BindViewerSocket(options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kubediag::diagnosis
