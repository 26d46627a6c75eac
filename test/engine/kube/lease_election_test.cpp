#include "engine/kube/lease_election.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "test/engine/kube/fake_clock.h"
#include "test/engine/kube/lease_server.h"

namespace kubediag::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Fault = LeaseServer::Fault;

// A process that wants to lead.
class Candidate {
 public:
  Candidate(LeaseServer& server, const std::string& identity)
      : election(
            [&] {
              ElectionOptions options;
              options.namespace_name = "kubediag";
              options.lease_name = "kubediag-controller";
              options.identity = identity;
              options.on_leading = [this] { told.emplace_back("leading"); };
              options.on_lost = [this] { told.emplace_back("lost"); };
              return options;
            }(),
            server, metrics_, *logger_, clock, NoRandom()) {}

  // Steps until so much time has passed.
  void Live(Clock::Duration duration) {
    const Clock::TimePoint end = clock.Now() + duration;
    while (clock.Now() < end) clock.Advance(std::min(election.Step({}), end - clock.Now()));
  }
  std::string Metrics() const { return metrics_.Text(); }

 private:
  metrics::Registry metrics_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();

 public:
  std::vector<std::string> told;
  FakeClock clock;
  LeaseElection election;
};

class LeaseElectionTest : public testing::Test {
 protected:
  LeaseServer server_;
  Candidate one_{server_, "one"};
  Candidate two_{server_, "two"};
};

TEST_F(LeaseElectionTest, MakesTheLeaseAndKeepsItWithOneRequestEachTime) {
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader());
  EXPECT_EQ(server_.lease->holder, "one");
  EXPECT_EQ(server_.lease->duration, seconds(15));
  EXPECT_EQ(server_.lease->renew_time, "2023-11-14T22:13:20.000123Z");
  one_.Live(seconds(20));
  EXPECT_EQ(server_.requests.size(), 2u + 10u);
  EXPECT_THAT(one_.told, ElementsAre("leading"));
  EXPECT_NE(one_.Metrics().find("kubediag_leader 1"), std::string::npos);
}

// Whatever hangs on its thread shows by this: a request, or the end of the work.
TEST_F(LeaseElectionTest, SaysWhenItLastBeganAStep) {
  const Clock::TimePoint start = one_.clock.Now();
  EXPECT_EQ(one_.election.last_step(), start);
  one_.clock.Advance(seconds(2));
  one_.election.Step({});
  one_.clock.Advance(seconds(300));
  EXPECT_EQ(one_.election.last_step(), start + seconds(2));
  one_.election.Step({});
  EXPECT_EQ(one_.election.last_step(), one_.clock.Now());
}

TEST_F(LeaseElectionTest, OnlyOneLeads) {
  one_.election.Step({});
  two_.Live(seconds(1));
  for (int i = 0; i < 50; ++i) {
    one_.Live(seconds(2));
    two_.Live(seconds(2));
  }
  EXPECT_THAT(one_.told, ElementsAre("leading"));
  EXPECT_THAT(two_.told, IsEmpty());
}

TEST_F(LeaseElectionTest, TakesOverOnceTheLeaseHasNotChangedForItsDuration) {
  one_.election.Step({});
  two_.election.Step({});
  two_.Live(milliseconds(14'900));
  EXPECT_FALSE(two_.election.IsLeader());
  two_.Live(seconds(3));
  EXPECT_TRUE(two_.election.IsLeader());
  EXPECT_EQ(server_.lease->transitions, 1);
}

TEST_F(LeaseElectionTest, JudgesByWhatItSawNotByTheHoldersClock) {
  one_.election.Step({});
  server_.lease->renew_time = "1999-01-01T00:00:00.000000Z";
  two_.Live(seconds(14));
  EXPECT_FALSE(two_.election.IsLeader());
}

TEST_F(LeaseElectionTest, BelievesTheDurationThatTheHolderStates) {
  one_.election.Step({});
  server_.lease->duration = seconds(60);
  two_.Live(seconds(59));
  EXPECT_FALSE(two_.election.IsLeader());
  two_.Live(seconds(4));
  EXPECT_TRUE(two_.election.IsLeader());
}

TEST_F(LeaseElectionTest, StopsLeadingInTimeWhenItCannotRenew) {
  one_.election.Step({});
  one_.Live(seconds(5));
  server_.fault = [] { return Fault::kLost; };
  one_.Live(milliseconds(8'900));  // the last success was at 4 s
  EXPECT_TRUE(one_.election.IsLeader());
  one_.Live(milliseconds(100));
  EXPECT_FALSE(one_.election.IsLeader());
  one_.Live(seconds(1));
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost"));
  server_.fault = [] { return Fault::kNone; };
  one_.Live(seconds(5));
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost", "leading"));
}

TEST_F(LeaseElectionTest, AServerThatAsksForTimeIsGivenItAsLongAsTheLeaseIsNotLost) {
  server_.fault = [] { return Fault::kTooMany; };
  EXPECT_EQ(one_.election.Step({}), seconds(5));  // a candidate's usual pause is 2 s
  server_.retry_after = seconds(3600);
  EXPECT_EQ(one_.election.Step({}), seconds(30));

  server_.fault = [] { return Fault::kNone; };
  EXPECT_EQ(one_.election.Step({}), seconds(2));
  EXPECT_TRUE(one_.election.IsLeader());
  server_.fault = [] { return Fault::kTooMany; };
  server_.retry_after = seconds(5);
  one_.clock.Advance(seconds(2));
  EXPECT_EQ(one_.election.Step({}), seconds(5));
  // The next wish would cost the lease: one try more comes before its end, and does.
  server_.retry_after = seconds(3600);
  one_.clock.Advance(seconds(5));
  const Clock::Duration last = one_.election.Step({});
  EXPECT_LE(last, seconds(2));
  one_.clock.Advance(last);
  server_.fault = [] { return Fault::kNone; };
  EXPECT_EQ(one_.election.Step({}), seconds(2));
  EXPECT_TRUE(one_.election.IsLeader());
  EXPECT_THAT(one_.told, ElementsAre("leading"));
}

TEST_F(LeaseElectionTest, IsNoLeaderTheMomentItWakesFromALongSleep) {
  one_.election.Step({});
  one_.clock.Advance(seconds(10));  // stopped, or a suspended machine
  EXPECT_FALSE(one_.election.IsLeader());
  two_.Live(seconds(18));
  ASSERT_TRUE(two_.election.IsLeader());
  one_.election.Step({});
  EXPECT_FALSE(one_.election.IsLeader());
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost"));
}

TEST_F(LeaseElectionTest, ALeaseTakenByAnotherIsLostAtOnce) {
  one_.election.Step({});
  server_.lease->holder = "two";
  server_.lease->resource_version = "77";
  one_.election.Step({});
  EXPECT_FALSE(one_.election.IsLeader());
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost"));
}

TEST_F(LeaseElectionTest, AnEditOfTheLeaseCostsOneMoreTry) {
  one_.election.Step({});
  server_.lease->resource_version = "77";  // somebody has labelled it
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader());
  EXPECT_THAT(server_.requests, ElementsAre("GET", "POST", "PATCH", "GET", "PATCH"));
}

TEST_F(LeaseElectionTest, ALeaseThatWasDeletedIsMadeAnew) {
  one_.election.Step({});
  server_.lease.reset();
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader());
  EXPECT_TRUE(server_.lease);
}

TEST_F(LeaseElectionTest, ReadsAgainAfterAWriteOfUnknownOutcome) {
  one_.election.Step({});
  server_.fault = [] { return Fault::kDoneButLost; };
  one_.election.Step({});
  server_.fault = [] { return Fault::kNone; };
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader());
  EXPECT_THAT(server_.requests, ElementsAre("GET", "POST", "PATCH", "GET", "PATCH"));
}

TEST_F(LeaseElectionTest, ACreationWithoutAnswerIsFoundToBeItsOwn) {
  server_.fault = [n = 0]() mutable { return ++n == 2 ? Fault::kDoneButLost : Fault::kNone; };
  one_.election.Step({});
  EXPECT_FALSE(one_.election.IsLeader());
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader());
}

TEST_F(LeaseElectionTest, AnAnswerThatComesTooLateDoesNotMakeALeader) {
  server_.fault = [&] {
    one_.clock.Advance(seconds(6));
    return Fault::kNone;
  };
  one_.election.Step({});
  EXPECT_TRUE(one_.election.IsLeader()) << "asked 6 s ago";
  server_.fault = [&] {
    one_.clock.Advance(seconds(11));
    return Fault::kNone;
  };
  one_.election.Step({});
  EXPECT_FALSE(one_.election.IsLeader());
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost"));
}

TEST_F(LeaseElectionTest, GivesTheLeaseBackAfterTheWorkHasEnded) {
  std::stop_source stop;
  stop.request_stop();
  one_.election.Step({});
  one_.election.Run(stop.get_token());
  EXPECT_THAT(one_.told, ElementsAre("leading", "lost"));
  EXPECT_EQ(server_.lease->holder, "");
  two_.election.Step({});
  EXPECT_TRUE(two_.election.IsLeader());
  EXPECT_EQ(server_.lease->transitions, 1);
}

TEST_F(LeaseElectionTest, LeavesAnothersLeaseAlone) {
  one_.election.Step({});
  one_.clock.Advance(seconds(20));
  two_.Live(seconds(20));
  ASSERT_TRUE(two_.election.IsLeader());
  one_.election.Leave();
  EXPECT_EQ(server_.lease->holder, "two");
}

TEST_F(LeaseElectionTest, GarbageAndRefusalsMakeNobodyLeader) {
  class Odd : public Transport {
   public:
    Result<Response> Send(const Request&, Deadline, const std::stop_token&) override {
      return answers[next++ % answers.size()];
    }
    Result<Response> Stream(const Request&, seconds, const OnBytes&,
                            const std::stop_token&) override {
      return Status::Internal("");
    }
    std::vector<Response> answers = {{200, "<html>", {}},
                                     {200, "{}", {}},
                                     {200, R"({"kind":"Lease"})", {}},
                                     {403, "", {}},
                                     {500, "", {}},
                                     {200, R"({"kind":"Lease","metadata":{}})", {}},
                                     {404, "no such group", {}},  // the POST that follows:
                                     {404, "no such group", {}}};
    size_t next = 0;
  } odd;
  metrics::Registry metrics;
  auto logger = MakeNullLogger();
  FakeClock clock;
  ElectionOptions options{.namespace_name = "n", .lease_name = "l", .identity = "i"};
  LeaseElection election(options, odd, metrics, *logger, clock, NoRandom());
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_GE(election.Step({}), seconds(2));
    EXPECT_FALSE(election.IsLeader());
  }
}

// Three candidates whose clocks run at speeds up to a third apart, requests that are lost in every
// way and take their time: looked at every 50 ms, never do two lead.
class RandomElections : public testing::TestWithParam<unsigned> {};

TEST_P(RandomElections, NeverHaveTwoLeaders) {
  std::minstd_rand random(GetParam());
  const auto pick = [&](size_t n) { return static_cast<size_t>(random() >> 8) % n; };
  LeaseServer server;
  struct Runner {
    std::unique_ptr<Candidate> candidate;
    double speed = 1;  // of its clock
    double wakes = 0;  // real seconds
    bool in_step = false;
  };
  std::vector<Runner> runners;
  for (const double speed : {1.0, 0.85, 1.15}) {
    runners.push_back(
        {std::make_unique<Candidate>(server, "c" + std::to_string(runners.size())), speed});
  }
  double now = 0;
  size_t overlaps = 0;
  size_t leaderless = 0;
  size_t looks = 0;
  std::function<void(double)> pass;
  server.fault = [&] {
    if (pick(4) == 0) pass(now + static_cast<double>(pick(4000)) / 1000);
    if (pick(40) == 0) pass(now + static_cast<double>(pick(16)));  // hangs
    const size_t kind = pick(12);
    return kind > 3 ? Fault::kNone : static_cast<Fault>(kind);
  };
  // Lets real time pass for all, and those who are due take their steps.
  pass = [&](double until) {
    while (now < until) {
      const double step = std::min(0.05, until - now);
      now += step;
      for (Runner& runner : runners) {
        runner.candidate->clock.Advance(std::chrono::duration_cast<Clock::Duration>(
            std::chrono::duration<double>(step * runner.speed)));
      }
      size_t leaders = 0;
      for (const Runner& runner : runners) leaders += runner.candidate->election.IsLeader() ? 1 : 0;
      ++looks;
      overlaps += leaders > 1 ? 1 : 0;
      leaderless += leaders == 0 ? 1 : 0;
      for (Runner& runner : runners) {
        if (runner.in_step || runner.wakes > now) continue;
        runner.in_step = true;
        const auto wait = std::chrono::duration<double>(runner.candidate->election.Step({}));
        runner.in_step = false;
        runner.wakes = now + wait.count() / runner.speed;
      }
    }
  };
  pass(1800);
  size_t terms = 0;
  for (const Runner& runner : runners) terms += runner.candidate->told.size();
  EXPECT_EQ(overlaps, 0u);
  EXPECT_LT(leaderless, looks / 2);
  EXPECT_GT(terms, 2u) << "nothing happened";
}
INSTANTIATE_TEST_SUITE_P(LeaseElection, RandomElections, testing::Range(1u, 21u));

}  // namespace
}  // namespace kubediag::kube
