#include "engine/kube/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/api_error.h"
#include "engine/kube/json_reading.h"
#include "engine/kube/server_status.h"
#include "test/engine/kube/fake_api.h"
#include "test/engine/kube/objects.h"

namespace kubediag::kube {
namespace {

using ::testing::HasSubstr;

constexpr char kPath[] = "/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/a";

class ApiClientTest : public ::testing::Test {
 protected:
  ApiClientTest()
      : client_(api_, registry_,
                {.retry_first = milliseconds(1), .retry_longest = milliseconds(2)}) {
    api_.Put(kPath, DiagnosisText{}.Json());
  }

  Result<std::string> Get() { return client_.Get(kDiagnoses, "default", "a"); }
  Result<std::string> Patch() {
    return client_.MergePatch(kDiagnoses, "default", "a", "status",
                              R"({"status":{"message":"m"}})");
  }

  FakeApi api_;
  metrics::Registry registry_;
  ApiClient client_;
};

TEST_F(ApiClientTest, GetGivesTheObjectsText) {
  const auto body = Get();
  ASSERT_TRUE(body.ok()) << body.status().ToString();
  EXPECT_EQ(*body, api_.Get(kPath));
  EXPECT_THAT(registry_.Text(),
              HasSubstr(R"(kubediag_api_requests_total{code="200",verb="get"} 1)"));
}

TEST_F(ApiClientTest, ReadsAreTriedAgainAfterCutsAndServerErrors) {
  api_.Next({});
  api_.Refuse("GET", 500);
  api_.Refuse("GET", 503);
  api_.Refuse("GET", 504);
  EXPECT_TRUE(Get().ok());
  EXPECT_EQ(api_.Count("GET"), 5);
  EXPECT_THAT(registry_.Text(),
              HasSubstr(R"(kubediag_api_requests_total{code="error",verb="get"} 1)"));
}

TEST_F(ApiClientTest, WriteWhoseOutcomeIsUnknownIsNotRepeated) {
  for (const int status : {500, 503, 504}) {
    api_.Refuse("PATCH", status);
    const Status failed = Patch().status();
    EXPECT_EQ(failed.code(), StatusCode::kUnavailable) << status;
    EXPECT_TRUE(OutcomeUnknown(failed)) << status;
  }
  api_.Next({.carries_out = true});
  EXPECT_TRUE(OutcomeUnknown(Patch().status()));
  EXPECT_EQ(api_.Count("PATCH"), 4);
}

TEST_F(ApiClientTest, WriteThatWasTurnedAwayIsRepeated) {
  api_.Refuse("PATCH", 429);
  EXPECT_TRUE(Patch().ok());
  EXPECT_EQ(api_.Count("PATCH"), 2);
}

TEST_F(ApiClientTest, A401ThatPassesFailsNothing) {
  for (int i = 1; i < kMaxUnauthorizedTries; ++i) api_.Refuse("GET", 401);
  EXPECT_TRUE(Get().ok());
  EXPECT_EQ(api_.Count("GET"), kMaxUnauthorizedTries);
  for (int i = 1; i < kMaxUnauthorizedTries; ++i) api_.Refuse("PATCH", 401);
  EXPECT_TRUE(Patch().ok());
  EXPECT_EQ(api_.Count("PATCH"), kMaxUnauthorizedTries);
}

TEST_F(ApiClientTest, A401ThatStaysIsTold) {
  for (int i = 0; i < kMaxUnauthorizedTries; ++i) api_.Refuse("GET", 401);
  EXPECT_EQ(Get().status().reason(), "Unauthorized");
  EXPECT_EQ(api_.Count("GET"), kMaxUnauthorizedTries);
}

TEST_F(ApiClientTest, WaitsAsLongAsItIsTold) {
  api_.Refuse("GET", 429, "{}", seconds(1));
  const auto begin = Deadline::Clock::now();
  EXPECT_TRUE(Get().ok());
  EXPECT_GE(Deadline::Clock::now() - begin, seconds(1));
}

TEST_F(ApiClientTest, GivesUpWhereTheWaitIsLongerThanTheDeadline) {
  api_.Refuse("GET", 503,
              StatusJson(503, "ServiceUnavailable", "busy", R"({"retryAfterSeconds":30})"));
  const Status failed =
      client_.Get(kDiagnoses, "default", "a", {.deadline = Deadline::After(seconds(5))}).status();
  EXPECT_EQ(failed.code(), StatusCode::kUnavailable);
  EXPECT_THAT(failed.message(), HasSubstr("busy"));
  EXPECT_EQ(api_.Count("GET"), 1);
}

TEST_F(ApiClientTest, WhatOneCallWasToldHoldsForAllOfThem) {
  api_.Refuse("PATCH", 429, "{}", seconds(30));
  const auto soon = [] { return Call{.deadline = Deadline::After(seconds(5))}; };
  const auto patch = [&] {
    return client_.MergePatch(kDiagnoses, "default", "a", "status", R"({"status":{}})", soon());
  };
  EXPECT_EQ(patch().status().code(), StatusCode::kUnavailable);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(patch().status().code(), StatusCode::kDeadlineExceeded);
    EXPECT_FALSE(client_.Get(kDiagnoses, "default", "a", soon()).ok());
  }
  EXPECT_EQ(api_.Seen().size(), 1U);
}

TEST_F(ApiClientTest, AnAbsurdRetryAfterIsNotBelieved) {
  const std::string body =
      StatusJson(429, "TooManyRequests", "busy", R"({"retryAfterSeconds":9223372036854775807})");
  EXPECT_EQ(ParseServerStatus(429, body).retry_after, kMaxRetryAfter);
  api_.Refuse("GET", 503, "{}", seconds::max());
  EXPECT_FALSE(
      client_.Get(kDiagnoses, "default", "a", {.deadline = Deadline::After(seconds(5))}).ok());
  EXPECT_EQ(api_.Count("GET"), 1);
}

TEST_F(ApiClientTest, StopEndsTheWaitForTheNextTry) {
  std::stop_source stop;
  api_.Next({.answer = Response{503, "{}", seconds(25)},
             .meanwhile = [&](FakeApi&) { stop.request_stop(); }});
  EXPECT_EQ(client_.Get(kDiagnoses, "default", "a", {.stop = stop.get_token()}).status().code(),
            StatusCode::kCancelled);
}

TEST_F(ApiClientTest, RefusalsSayWhatTheServerSaid) {
  struct Case {
    int status;
    const char* reason;
    StatusCode code;
  };
  const Case cases[] = {
      {400, "BadRequest", StatusCode::kInvalidArgument},
      {401, "Unauthorized", StatusCode::kPermissionDenied},
      {403, "Forbidden", StatusCode::kPermissionDenied},
      {404, "NotFound", StatusCode::kNotFound},
      {409, "Conflict", StatusCode::kFailedPrecondition},
      {409, "AlreadyExists", StatusCode::kAlreadyExists},
      {410, "Expired", StatusCode::kFailedPrecondition},
      {413, "RequestEntityTooLarge", StatusCode::kResourceExhausted},
      {422, "Invalid", StatusCode::kInvalidArgument},
  };
  for (const Case& each : cases) {
    for (int i = 0; i < (each.status == 401 ? kMaxUnauthorizedTries : 1); ++i) {
      api_.Refuse("PATCH", each.status, StatusJson(each.status, each.reason, "because of this"));
    }
    const Status failed = Patch().status();
    EXPECT_EQ(failed.code(), each.code) << each.reason;
    EXPECT_EQ(failed.reason(), each.reason);
    EXPECT_EQ(failed.message(), "patch Diagnosis default/a: because of this");
    EXPECT_FALSE(OutcomeUnknown(failed)) << each.reason;
  }
}

TEST_F(ApiClientTest, AnswerThatIsNoStatusObjectStillHasAReason) {
  api_.Refuse("PATCH", 404, "404 page not found");
  const Status failed = Patch().status();
  EXPECT_EQ(failed.reason(), "NotFound");
  EXPECT_THAT(failed.message(), HasSubstr("404 page not found"));
}

TEST_F(ApiClientTest, CreateThatWasExecutedTwiceSaysAlreadyExists) {
  api_.Next({.method = "POST", .carries_out = true});
  const Status created =
      client_.Create(kDiagnoses, "default", DiagnosisText{.name = "deterministic"}.Json()).status();
  EXPECT_EQ(created.code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(api_.Count("POST"), 2);
}

TEST_F(ApiClientTest, DeleteOfAnotherIncarnationIsRefused) {
  EXPECT_EQ(client_.Delete(kDiagnoses, "default", "a", {.uid = "other"}).reason(), "Conflict");
  EXPECT_TRUE(client_.Delete(kDiagnoses, "default", "a", {.uid = "uid-a"}).ok());
  EXPECT_EQ(api_.Get(kPath), "");
}

class ListTest : public ApiClientTest {
 protected:
  static constexpr int kObjects = 1200;

  ListTest() {
    api_.Remove(kPath);
    for (int i = 0; i < kObjects; ++i) {
      const std::string name = "d" + std::to_string(10'000 + i);
      api_.Put("/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/" + name,
               DiagnosisText{.name = name, .uid = name}.Json());
    }
  }

  Status List() {
    return client_
        .List(kDiagnoses, "", {},
              [this](const ListPage& page) {
                if (page.first) names_.clear();
                ++pages_;
                for (const api::Value& item : ListAt(page.document, "items")->items) {
                  names_.push_back(TextAt(*MapAt(item, "metadata"), "name"));
                }
                return Status::Ok();
              })
        .status();
  }

  std::vector<std::string> names_;
  int pages_ = 0;
};

TEST_F(ListTest, ReadsAllPagesOnce) {
  const Status listed = List();
  ASSERT_TRUE(listed.ok()) << listed.ToString();
  EXPECT_EQ(pages_, 3);
  EXPECT_EQ(names_.size(), static_cast<size_t>(kObjects));
  EXPECT_TRUE(std::is_sorted(names_.begin(), names_.end()));
  EXPECT_THAT(api_.Seen().front().target, HasSubstr("?limit=500"));
}

TEST_F(ListTest, ExpiredContinueTokenStartsTheListAfresh) {
  api_.tokens_expired = true;
  const Status listed = List();
  ASSERT_TRUE(listed.ok()) << listed.ToString();
  EXPECT_EQ(pages_, 1 + 3);
  EXPECT_EQ(names_.size(), static_cast<size_t>(kObjects));
}

TEST_F(ListTest, PageThatIsTooLargeIsAskedForInSmallerOnes) {
  api_.Next({.method = "GET", .answer = Status::ResourceExhausted("too large")});
  ASSERT_TRUE(List().ok());
  EXPECT_EQ(names_.size(), static_cast<size_t>(kObjects));
  EXPECT_THAT(api_.Seen()[1].target, HasSubstr("?limit=62"));
}

TEST(RateLimiter, LetsTheBurstThroughAndThenSoManyASecond) {
  RateLimiter limiter(100, 5);
  const auto begin = Deadline::Clock::now();
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(limiter.Wait(Deadline::Never(), {}).ok());
  EXPECT_GE(Deadline::Clock::now() - begin, milliseconds(99));
}

TEST(RateLimiter, RefusesAtOnceWhoseTurnComesTooLate) {
  RateLimiter limiter(0.01, 1);
  ASSERT_TRUE(limiter.Wait(Deadline::Never(), {}).ok());
  EXPECT_EQ(limiter.Wait(Deadline::After(seconds(1)), {}).code(), StatusCode::kDeadlineExceeded);
}

// A server that asked for rest gets no burst afterwards.
TEST(RateLimiter, AfterAHoldTurnsComeOneByOne) {
  RateLimiter limiter(0.01, 50);
  const auto end = Deadline::Clock::now() + milliseconds(20);
  limiter.HoldUntil(Deadline::At(end));
  const Deadline deadline = Deadline::At(end + seconds(50));
  EXPECT_TRUE(limiter.Wait(deadline, {}).ok());
  EXPECT_GE(Deadline::Clock::now(), end);
  EXPECT_EQ(limiter.Wait(deadline, {}).code(), StatusCode::kDeadlineExceeded);
}

TEST(Paths, AreWhereKubernetesHasThem) {
  EXPECT_EQ(*CollectionTarget(kSecrets, "ns"), "/api/v1/namespaces/ns/secrets");
  EXPECT_EQ(*CollectionTarget(kDiagnoses, ""), "/apis/diagnosis.kubediag.org/v1/diagnoses");
  EXPECT_EQ(*ObjectTarget(kOperationSets, "", "set.a", "status", {{"fieldManager", "k d"}}),
            "/apis/diagnosis.kubediag.org/v1/operationsets/set.a/status?fieldManager=k%20d");
}

TEST(Paths, NamesThatCouldLeadElsewhereAreRefused) {
  for (const char* const name : {"", "..", "a/b", "a?b", "A", "a%2fb", "a b", "a\r\nb", "a/"}) {
    EXPECT_FALSE(ObjectTarget(kSecrets, "default", name).ok()) << name;
    EXPECT_EQ(CollectionTarget(kSecrets, name).ok(), *name == '\0') << name;
  }
  EXPECT_FALSE(ObjectTarget(kSecrets, "", "a").ok());
  EXPECT_FALSE(ObjectTarget(kOperations, "default", "a").ok());
}

}  // namespace
}  // namespace kubediag::kube
