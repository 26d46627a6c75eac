// The small parts: scalars, times, base64, names, conditions, defaults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/base64.h"
#include "engine/api/conditions.h"
#include "engine/api/cursor.h"
#include "engine/api/defaults.h"
#include "engine/api/names.h"
#include "engine/api/scalar.h"
#include "engine/api/time.h"

namespace kubediag::api {
namespace {

using testing::SizeIs;

TEST(ResolvePlainScalar, TypesAsKubernetesDoes) {
  using Kind = Value::Kind;
  for (const char* text : {"", "~", "null", "Null"})
    EXPECT_EQ(ResolvePlainScalar(text), Kind::kNull);
  for (const char* text : {"true", "Yes", "off", "y", "N"}) {
    EXPECT_EQ(ResolvePlainScalar(text), Kind::kBoolean) << text;
  }
  for (const char* text : {"0", "-7", "+7", "0x1F", "0b101", "0o17", "017", "1_000"}) {
    EXPECT_EQ(ResolvePlainScalar(text), Kind::kInteger) << text;
  }
  for (const char* text : {"1.5", ".5", "1.", "1e3", "-1E-3", ".inf", ".NaN"}) {
    EXPECT_EQ(ResolvePlainScalar(text), Kind::kFloat) << text;
  }
  for (const char* text : {"a", "10.0.2.15", "1e", "0x", "089", "-", "+", ".", "truE", "1 2",
                           "nulL", "2026-11-23", "1:2", "_1", "0xg", "e3"}) {
    EXPECT_EQ(ResolvePlainScalar(text), text == std::string("089") ? Kind::kFloat : Kind::kString)
        << text;
  }
}

TEST(ParseYamlInteger, ReadsEveryBaseWithinItsRange) {
  EXPECT_EQ(ParseYamlInteger("0x1F"), 31);
  EXPECT_EQ(ParseYamlInteger("017"), 15);
  EXPECT_EQ(ParseYamlInteger("0o17"), 15);
  EXPECT_EQ(ParseYamlInteger("-0b11"), -3);
  EXPECT_EQ(ParseYamlInteger("1_000"), 1000);
  EXPECT_EQ(ParseYamlInteger("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ParseYamlInteger("9223372036854775808"), std::nullopt);
  EXPECT_EQ(ParseYamlInteger("-9223372036854775808"), INT64_MIN);
}

TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(FormatTime(*ParseTime("2026-11-23T12:34:56Z")), "2026-11-23T12:34:56Z");
  EXPECT_EQ(FormatTime(*ParseTime("2026-11-23t12:34:56.789z")), "2026-11-23T12:34:56Z");
  EXPECT_EQ(FormatTime(*ParseTime("2026-01-01T00:30:00+02:00")), "2025-12-31T22:30:00Z");
  EXPECT_EQ(FormatTime(*ParseTime("1969-12-31T23:59:59Z")), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatTime(*ParseTime("2024-02-29T00:00:00Z")), "2024-02-29T00:00:00Z");
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2026-11-23", "2026-11-23T12:34:56", "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z",
                           "2026-11-23T12:34:56.Z", "2026-11-23T12:34:56Zx", "2026-11-23 12:34:56Z",
                           "2026-11-23T12:34:56+25:00", "x026-11-23T12:34:56Z"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

TEST(Base64, ReadsWhatItWrote) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(EncodeBase64("hello"), "aGVsbG8=");
  EXPECT_EQ(DecodeBase64("aGVs\r\nbG8=\n"), "hello");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"a", "ab", "abc", "a===", "ab=", "====", "=abc", "ab=c", "a b=", "aGV-",
                           "abcd=", "abcd===="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(Names, FollowKubernetes) {
  EXPECT_TRUE(IsDnsSubdomain("go-profiler.v1"));
  EXPECT_TRUE(IsDnsSubdomain(std::string(253, 'a')));
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("-a"), std::string("a-"), std::string("a..b"),
        std::string("a_b"), std::string("."), std::string(254, 'a')}) {
    EXPECT_FALSE(IsDnsSubdomain(name)) << name;
  }
  EXPECT_TRUE(IsDnsLabel(std::string(63, 'a')));
  EXPECT_FALSE(IsDnsLabel(std::string(64, 'a')));
  EXPECT_FALSE(IsDnsLabel("a.b"));
  EXPECT_TRUE(IsDataKey("function.py"));
  for (const char* key : {"", ".", "..", "a/b", "a b"}) EXPECT_FALSE(IsDataKey(key)) << key;
  EXPECT_TRUE(IsIpAddress("10.0.0.1"));
  EXPECT_TRUE(IsIpAddress("fe80::1"));
  EXPECT_FALSE(IsIpAddress("10.0.0"));
}

TEST(SetCondition, MovesItsTimeOnlyWithItsStatus) {
  const Time first = *ParseTime("2026-11-23T12:00:00Z");
  const Time later = first + std::chrono::seconds(5);
  std::vector<Condition> conditions;
  EXPECT_TRUE(SetCondition(conditions, {"Ready", "False", {}, "A", "a"}, first));
  EXPECT_FALSE(SetCondition(conditions, {"Ready", "False", {}, "A", "a"}, later));
  EXPECT_TRUE(SetCondition(conditions, {"Ready", "False", {}, "B", "b"}, later));
  EXPECT_EQ(conditions[0].last_transition_time, first);
  EXPECT_EQ(conditions[0].reason, "B");
  EXPECT_TRUE(SetCondition(conditions, {"Ready", "True", {}, "B", "b"}, later));
  EXPECT_EQ(conditions[0].last_transition_time, later);
  EXPECT_TRUE(SetCondition(conditions, {"Other", "True", {}, "", ""}, later));
  EXPECT_THAT(conditions, SizeIs(2));
  EXPECT_TRUE(IsConditionTrue(conditions, "Ready"));
  EXPECT_FALSE(IsConditionTrue(conditions, "Absent"));
}

TEST(SetDefaults, FillsInWhatKubeDiagsWebhooksDid) {
  Operation server;
  server.processor.http_server.emplace();
  SetDefaults(server);
  EXPECT_EQ(server.processor.http_server->scheme, "http");
  EXPECT_EQ(server.processor.http_server->path, "/");
  EXPECT_EQ(server.processor.timeout_seconds, 30);
  Operation shared_object;
  shared_object.processor.shared_object.emplace();
  SetDefaults(shared_object);
  EXPECT_EQ(shared_object.processor.timeout_seconds, std::nullopt);
  OperationSet set;
  set.adjacency_list.resize(2);
  set.adjacency_list[0].id = 9;
  SetDefaults(set);
  EXPECT_EQ(set.adjacency_list[0].id, 0);
  EXPECT_EQ(set.adjacency_list[1].id, 1);
}

}  // namespace
}  // namespace kubediag::api
