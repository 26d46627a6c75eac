// The viewer over a real socket: who may see it, what it says, and when it ends.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/core/digest.h"
#include "engine/core/file.h"
#include "engine/core/logging.h"
#include "engine/http/listen.h"
#include "plugins/go_profiler/profile/decode.h"
#include "plugins/go_profiler/report/flame_tree.h"
#include "plugins/go_profiler/report/number_format.h"
#include "plugins/go_profiler/report/top.h"
#include "plugins/go_profiler/viewer/gzip.h"
#include "plugins/go_profiler/viewer/server.h"
#include "test/engine/http/raw_client.h"

namespace kubediag::viewer {
namespace {

using http::RawClient;
using http::RawResponse;
using nlohmann::json;
using testing::HasSubstr;

constexpr size_t kMaxBytes = size_t{16} << 20;

std::string RecordingPath(const std::string& name) {
  return std::string(KUBEDIAG_SOURCE_DIR) + "/plugins/go_profiler/demo/recordings/" + name;
}

class ViewerTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = RecordingPath("heap.pb.gz");
    bytes_ = *ReadFile(path_, kMaxBytes);
    auto parsed = profile::Parse({reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()});
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    profile_ = std::make_shared<const profile::Profile>(*std::move(parsed));
    options_.capability = RandomHex(16);
    options_.expiry = std::chrono::system_clock::now() + std::chrono::hours(1);
    options_.host_names = {"node-1.example"};
    options_.source = "https://<script>alert(1)</script>";
    options_.file_name = "default.go-profiler.Heap.prof";
  }

  Status Start() {
    auto listener = http::Listen("127.0.0.1", 0);
    if (!listener.ok()) return listener.status();
    port_ = *http::LocalPort(listener->get());
    auto server = ViewerServer::Start(*std::move(listener), profile_,
                                      UniqueFd(open(path_.c_str(), O_RDONLY | O_CLOEXEC)), options_,
                                      *logger_);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return Status::Ok();
  }

  RawResponse Fetch(const std::string& path, const std::string& host = "127.0.0.1",
                    const std::string& headers = "") {
    RawClient client(port_);
    return client.Ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n");
  }
  RawResponse FetchInside(const std::string& path, const std::string& headers = "") {
    return Fetch("/" + options_.capability + "/" + path, "127.0.0.1", headers);
  }

  std::string path_;
  std::string bytes_;
  std::shared_ptr<const profile::Profile> profile_;
  ViewerOptions options_;
  std::unique_ptr<Logger> logger_ = MakeNullLogger();
  std::unique_ptr<ViewerServer> server_;
  uint16_t port_ = 0;
};

TEST_F(ViewerTest, TellsWithoutTheCapabilityOnlyWhereLinksAre) {
  ASSERT_TRUE(Start().ok());
  const RawResponse front = Fetch("/");
  EXPECT_EQ(front.status, 200);
  EXPECT_THAT(front.body, HasSubstr("status.operationResults"));
  EXPECT_EQ(front.body.find(options_.capability), std::string::npos);
  std::string other = options_.capability;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& path :
       {std::string("/x"), "/" + other, "/" + other + "/", "/" + other + "/data/meta",
        "/" + options_.capability.substr(1) + "/", "/" + options_.capability + "0/",
        "//" + options_.capability + "/", std::string("/app.js"), std::string("/data/meta"),
        "/x/../" + options_.capability + "/"}) {
    EXPECT_EQ(Fetch(path).status, 404) << path;
  }
}

TEST_F(ViewerTest, RedirectsToTheFolderRelatively) {
  ASSERT_TRUE(Start().ok());
  const RawResponse response = Fetch("/" + options_.capability);
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(response.Find("Location"), options_.capability + "/");
}

TEST_F(ViewerTest, AdmitsOnlyKnownHosts) {
  ASSERT_TRUE(Start().ok());
  const std::string page = "/" + options_.capability + "/";
  for (const char* host : {"127.0.0.1:80", "localhost:1234", "[::1]:99", "node-1.example"}) {
    EXPECT_EQ(Fetch(page, host).status, 200) << host;
  }
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", ""}) {
    EXPECT_EQ(Fetch(page, host).status, 421) << host;
    EXPECT_EQ(Fetch("/", host).status, 421) << host;
  }
}

TEST_F(ViewerTest, GuardsEveryAnswer) {
  ASSERT_TRUE(Start().ok());
  const std::string inside = "/" + options_.capability;
  for (const std::string& path :
       {std::string("/"), std::string("/none"), inside, inside + "/", inside + "/app.js",
        inside + "/data/meta", inside + "/profile.pb.gz", inside + "/none"}) {
    const RawResponse response = Fetch(path);
    const std::string policy = response.Find("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'")) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
    EXPECT_EQ(response.Find("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(response.Find("Referrer-Policy"), "no-referrer") << path;
    EXPECT_NE(response.Find("Cache-Control"), "") << path;
  }
}

TEST_F(ViewerTest, ServesThePageCompressedWithAnETag) {
  ASSERT_TRUE(Start().ok());
  const RawResponse plain = FetchInside("");
  EXPECT_THAT(plain.body, HasSubstr("<!doctype html>"));
  EXPECT_EQ(plain.Find("Content-Encoding"), "");
  const RawResponse packed = FetchInside("", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(packed.Find("Content-Encoding"), "gzip");
  EXPECT_EQ(Gunzip(packed.body, kMaxBytes), plain.body);
  EXPECT_LT(packed.body.size(), plain.body.size());
  const RawResponse again = FetchInside("", "If-None-Match: " + plain.Find("ETag") + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(FetchInside("", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(ViewerTest, PageAndScriptsFetchNothingFromElsewhere) {
  ASSERT_TRUE(Start().ok());
  for (const char* path : {"", "app.js", "app.css"}) {
    const RawResponse response = FetchInside(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.find("//cdn"), std::string::npos);
    EXPECT_EQ(response.body.find("src=\"/"), std::string::npos) << path;
    EXPECT_EQ(response.body.find("href=\"/"), std::string::npos) << path;
  }
}

TEST_F(ViewerTest, MetaHoldsTheProfilesTotalsAndForeignTextOnlyAsJson) {
  ASSERT_TRUE(Start().ok());
  const RawResponse response = FetchInside("data/meta");
  EXPECT_EQ(response.Find("Content-Type"), "application/json");
  const json meta = json::parse(response.body);
  EXPECT_EQ(meta["source"], options_.source);
  EXPECT_EQ(meta["samples"], profile_->SampleCount());
  EXPECT_EQ(meta["defaultSampleType"], profile_->DefaultSampleType());
  ASSERT_EQ(meta["sampleTypes"].size(), profile_->SampleTypes().size());
  for (uint32_t type = 0; type < profile_->SampleTypes().size(); ++type) {
    const int64_t total = report::Total(*profile_, type);
    EXPECT_EQ(meta["sampleTypes"][type]["total"], total);
    EXPECT_EQ(meta["sampleTypes"][type]["totalText"],
              report::AutoLabel(total, profile_->String(profile_->SampleTypes()[type].unit)));
  }
  EXPECT_GT(meta["expiryMillis"], meta["nowMillis"]);
}

TEST_F(ViewerTest, TopHoldsTheReportsNumbers) {
  ASSERT_TRUE(Start().ok());
  const report::FrameTable frames(*profile_);
  const json names = json::parse(FetchInside("data/frames").body)["names"];
  for (uint32_t type = 0; type < profile_->SampleTypes().size(); ++type) {
    const json shown = json::parse(FetchInside("data/top?type=" + std::to_string(type)).body);
    report::TopOptions options;
    options.sample_type = type;
    options.node_fraction = 0;
    const report::Top top = *report::BuildTop(frames, options);
    ASSERT_EQ(shown["frame"].size(), top.rows.size());
    EXPECT_EQ(shown["total"], top.total);
    for (size_t row = 0; row < top.rows.size(); ++row) {
      EXPECT_EQ(names[shown["frame"][row].get<size_t>()], frames.Name(top.rows[row].frame));
      EXPECT_EQ(shown["flat"][row], top.rows[row].flat);
      EXPECT_EQ(shown["cum"][row], top.rows[row].cum);
    }
  }
}

template <typename T>
T At(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

TEST_F(ViewerTest, FlameHoldsTheTreesColumns) {
  ASSERT_TRUE(Start().ok());
  const report::FrameTable frames(*profile_);
  for (uint32_t type = 0; type < profile_->SampleTypes().size(); ++type) {
    const std::string bytes = FetchInside("data/flame?type=" + std::to_string(type)).body;
    report::FlameTreeOptions options;
    options.sample_type = type;
    const report::FlameTree tree = *report::BuildFlameTree(frames, options);
    const size_t rows = tree.size();
    ASSERT_EQ(bytes.size(), 16 + 22 * rows);
    EXPECT_EQ(bytes.substr(0, 4), "KDF1");
    EXPECT_EQ(At<uint32_t>(bytes, 4), rows);
    EXPECT_EQ(At<double>(bytes, 16 + 8 * rows),
              static_cast<double>(report::Total(*profile_, type)));
    for (uint32_t row = 1; row < rows; ++row) {
      ASSERT_EQ(At<double>(bytes, 16 + size_t{8} * row), static_cast<double>(tree.self[row]));
      ASSERT_EQ(At<double>(bytes, 16 + 8 * (rows + row)), static_cast<double>(tree.total[row]));
      ASSERT_EQ(At<uint32_t>(bytes, 16 + 16 * rows + size_t{4} * row), tree.use[row].value);
      ASSERT_EQ(At<uint16_t>(bytes, 16 + 20 * rows + size_t{2} * row), tree.depth[row]);
    }
  }
}

TEST_F(ViewerTest, FlameBelowAPathIsThatSubtree) {
  ASSERT_TRUE(Start().ok());
  const report::FrameTable frames(*profile_);
  report::FlameTreeOptions options;
  options.sample_type = 3;
  const report::FlameTree tree = *report::BuildFlameTree(frames, options);
  const std::string base = "data/flame?type=3&path=";
  const std::string path = std::to_string(tree.use[1].value) + "." +
                           std::to_string(tree.use[2].value);  // the two outermost of row 2
  ASSERT_EQ(tree.depth[2], 2U);
  size_t rows = 1;
  while (2 + rows < tree.size() && tree.depth[2 + rows] > tree.depth[2]) ++rows;
  const std::string bytes = FetchInside(base + path).body;
  ASSERT_EQ(bytes.size(), 16 + 22 * rows);
  for (uint32_t row = 0; row < rows; ++row) {
    ASSERT_EQ(At<double>(bytes, 16 + 8 * (rows + row)), static_cast<double>(tree.total[2 + row]));
    ASSERT_EQ(At<uint16_t>(bytes, 16 + 20 * rows + size_t{2} * row), tree.depth[2 + row] - 2);
  }
  EXPECT_EQ(FetchInside(base + path + "." + path).status, 404);
  for (const char* bad : {"", ".", "1.", ".1", "x", "4294967295", "1.-1"}) {
    EXPECT_EQ(FetchInside(base + bad).status, 400) << bad;
  }
}

TEST_F(ViewerTest, CompressedAndPlainDataAreTheSame) {
  ASSERT_TRUE(Start().ok());
  for (const char* path : {"data/flame?type=0", "data/top?type=0", "data/frames"}) {
    const RawResponse packed = FetchInside(path, "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(packed.Find("Content-Encoding"), "gzip");
    EXPECT_EQ(Gunzip(packed.body, kMaxBytes), FetchInside(path).body) << path;
  }
}

TEST_F(ViewerTest, NamesABadSampleType) {
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(FetchInside("data/top?type=3").status, 200);
  const RawResponse past = FetchInside("data/top?type=4");
  EXPECT_EQ(past.status, 400);
  EXPECT_EQ(past.body, "no sample type 4 (the profile has 4)\n");
  for (const char* query : {"", "?type=", "?type=-1", "?type=x", "?type=99999999999", "?type=1x"}) {
    EXPECT_EQ(FetchInside(std::string("data/flame") + query).status, 400) << query;
  }
}

TEST_F(ViewerTest, DownloadsTheProfileByteForByte) {
  ASSERT_TRUE(Start().ok());
  const RawResponse response = FetchInside("profile.pb.gz");
  EXPECT_EQ(response.body, bytes_);
  EXPECT_EQ(response.Find("Content-Disposition"),
            "attachment; filename=\"default.go-profiler.Heap.prof\"");
}

TEST_F(ViewerTest, NeverQuotesAForeignFileName) {
  options_.file_name = "a\"b\r\nX: y/../c";
  ASSERT_TRUE(Start().ok());
  const RawResponse response = FetchInside("profile.pb.gz");
  EXPECT_EQ(response.Find("Content-Disposition"), "attachment; filename=\"a_b__X__y_.._c\"");
  EXPECT_EQ(response.body, bytes_);
}

TEST_F(ViewerTest, AnswersOnlyGetAndHead) {
  ASSERT_TRUE(Start().ok());
  RawClient client(port_);
  EXPECT_EQ(client
                .Ask("POST /" + options_.capability +
                     "/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                .status,
            405);
}

TEST_F(ViewerTest, EndsAtItsExpiry) {
  options_.expiry = std::chrono::system_clock::now() + std::chrono::milliseconds(50);
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(server_->Wait(-1), WaitOutcome::kExpired);
  EXPECT_EQ(FetchInside("").status, 410);
  EXPECT_EQ(FetchInside("data/meta").status, 410);
  EXPECT_EQ(Fetch("/").status, 200);
}

TEST_F(ViewerTest, WaitEndsWhenItIsCancelled) {
  ASSERT_TRUE(Start().ok());
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd cancel(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(WriteAll(writer.get(), "x").ok());
  EXPECT_EQ(server_->Wait(cancel.get()), WaitOutcome::kCancelled);
  char byte;
  ASSERT_EQ(read(cancel.get(), &byte, 1), 1);
  writer.Reset();
  EXPECT_EQ(server_->Wait(cancel.get()), WaitOutcome::kCancelled);
}

TEST_F(ViewerTest, RefusesWhatItCannotServe) {
  options_.capability = "short";
  EXPECT_THAT(Start().message(), HasSubstr("32 lower-case hexadecimal"));
  options_.capability = RandomHex(16);
  path_ = "/dev/null";
  EXPECT_THAT(Start().message(), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace kubediag::viewer
