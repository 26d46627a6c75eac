#include "engine/cli/kubectl/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/conditions.h"
#include "engine/cli/kubectl/keys.h"

namespace kubediag::cli {
namespace {

using testing::HasSubstr;

constexpr char kPage[] = "http://10.0.2.15:39900/0123456789abcdef0123456789abcdef/";

api::Diagnosis Served() {
  api::Diagnosis diagnosis;
  diagnosis.metadata.name = "heap";
  diagnosis.metadata.namespace_name = "shop";
  diagnosis.status.phase = api::Phase::kSucceeded;
  diagnosis.status.operation_results["endpoint"] =
      "Visit " + std::string(kPage) + ", this server will expire in 7200 seconds.";
  return diagnosis;
}

std::string Refusal(const api::Diagnosis& diagnosis) {
  const auto page = PageOf(diagnosis);
  EXPECT_EQ(page.status().code(), StatusCode::kFailedPrecondition);
  return page.status().message();
}

TEST(PageOf, FindsWhatTheStatusSays) {
  const auto page = PageOf(Served());
  ASSERT_TRUE(page.ok()) << page.status().ToString();
  EXPECT_EQ(page->host, "10.0.2.15");
  EXPECT_EQ(page->port, 39900);
  EXPECT_EQ(page->Url(), kPage);
  EXPECT_EQ(page->UrlAt("127.0.0.1", 40123),
            "http://127.0.0.1:40123/0123456789abcdef0123456789abcdef/");
}

TEST(PageOf, SaysWhyThereIsNone) {
  api::Diagnosis diagnosis = Served();
  diagnosis.status.phase = api::Phase::kRunning;
  EXPECT_EQ(Refusal(diagnosis),
            "Diagnosis shop/heap has not ended; kubectl kubediag wait heap -n shop");
  diagnosis.status.conditions = {{api::kConditionQueued, api::kConditionTrue, std::nullopt,
                                  "LimitReached", "4 operations run"}};
  EXPECT_THAT(Refusal(diagnosis), HasSubstr("has not ended: 4 operations run; "));
  diagnosis = Served();
  diagnosis.status.operation_results.clear();
  EXPECT_THAT(Refusal(diagnosis), HasSubstr("none of its operations serves one"));
  diagnosis.status.phase = api::Phase::kFailed;
  diagnosis.status.message = "the server answered 403";
  EXPECT_THAT(Refusal(diagnosis), HasSubstr("has no page. Failed: the server answered 403."));
}

TEST(PageOf, TellsAnExpiredPageFromOneThatBroke) {
  api::Diagnosis diagnosis = Served();
  diagnosis.status.conditions = {
      {api::kConditionServing, api::kConditionFalse, std::nullopt, "Expired", "its time is over"}};
  EXPECT_THAT(Refusal(diagnosis), HasSubstr("the page of Diagnosis shop/heap has expired"));
  diagnosis.status.conditions[0].reason = "ExitedEarly";
  diagnosis.status.conditions[0].message = "signal 9";
  EXPECT_THAT(Refusal(diagnosis), HasSubstr("serves its page no longer: signal 9"));
}

TEST(ParsePageUrl, TakesHostsAddressesAndUsualPorts) {
  EXPECT_EQ(ParsePageUrl("http://node-1.example:8080/a")->Url(), "http://node-1.example:8080/a/");
  EXPECT_EQ(ParsePageUrl("http://[fd00::1]:8080/a/")->host, "fd00::1");
  EXPECT_EQ(ParsePageUrl("http://[fd00::1]:8080/a/")->Url(), "http://[fd00::1]:8080/a/");
  EXPECT_EQ(ParsePageUrl("http://[fd00::1]/a/")->port, 80);
  EXPECT_EQ(ParsePageUrl("http://10.0.0.1")->Url(), "http://10.0.0.1:80/");
}

TEST(ParsePageUrl, RefusesWhatABrowserOrAServerMightMisread) {
  for (const char* url :
       {"", "https://h/", "file:///etc/passwd", "http://h:0/", "http://h:65536/", "http://h:8x/",
        "http:///a/", "http://user@h/", "http://h/a b", "http://h/a\r\nHost: b/", "http://h/../a/",
        "http://h/a?b=c", "http://h/a#b", "http://h/%2e", "http://-h/", "http://[::1:80/"}) {
    const auto page = ParsePageUrl(url);
    EXPECT_EQ(page.status().code(), StatusCode::kInvalidArgument) << url;
    EXPECT_EQ(page.status().message().find('\n'), std::string::npos);
  }
}

TEST(FileNameOf, IsTheOperationsOwnWithoutAWayOut) {
  api::Diagnosis diagnosis = Served();
  EXPECT_EQ(FileNameOf(diagnosis), "shop.heap.prof");
  const auto name_of = [&](const std::string& file) {
    diagnosis.status.operation_results[kProfileFileKey] = file;
    return FileNameOf(diagnosis);
  };
  EXPECT_EQ(name_of("profilers/go/pprof/20260101/shop.heap.Heap.prof"), "shop.heap.Heap.prof");
  EXPECT_EQ(name_of("../../.ssh/.authorized_keys"), "authorized_keys");
  EXPECT_EQ(name_of("a/.."), "shop.heap.prof");
  EXPECT_EQ(name_of("-rf"), "rf");
  EXPECT_EQ(name_of("a b\n.prof"), "ab.prof");
}

}  // namespace
}  // namespace kubediag::cli
