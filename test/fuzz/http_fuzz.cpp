// The HTTP server's side of one connection: whatever a client sends, in whatever pieces, handlers
// see only what the rules allow, every answer is whole, and the connection ends with the client.
//
// Each input is sent twice, at once and in pieces whose size its last byte chooses; handlers must
// see and answer the same both times.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/logging.h"
#include "engine/core/unique_fd.h"
#include "engine/http/handler.h"
#include "engine/http/host_policy.h"
#include "engine/http/session.h"

namespace {

using namespace kubediag;
using namespace kubediag::http;
namespace asio = boost::asio;

constexpr size_t kMostPieces = 64;  // of one input, which bounds the time it takes

void Require(bool holds) {
  if (!holds) std::abort();
}

// Low enough for inputs of a fuzzer to reach.
ServerOptions SmallOptions() {
  ServerOptions options;
  options.max_header_bytes = 512;
  options.max_body_bytes = 256;
  options.max_requests_per_connection = 8;
  return options;
}

bool IsText(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    encoded.append("%").append(1, kDigits[byte / 16]).append(1, kDigits[byte % 16]);
  }
  return encoded;
}

void CheckHost(const HostPolicy& policy, std::string_view host) {
  if (!policy.Admits(host)) return;
  Require(IsText(host));
  // What is admitted without being a name is an address, and none of its bytes is anything else.
  std::string name(host.substr(0, host.starts_with('[') ? host.size() : host.find(':')));
  for (char& c : name) c = static_cast<char>(tolower(static_cast<uint8_t>(c)));
  if (name.ends_with('.')) name.pop_back();
  if (name == "localhost" || name == "node-1.example") return;
  Require(name.find_first_not_of("0123456789abcdef.:[]") == std::string::npos);
}

// Sees every request that the session lets through, and asks the router what becomes of it.
class Checker final : public Handler {
 public:
  Checker() {
    router_.Get("/", [](const Request&, const std::stop_token&) { return Response::Json("{}"); });
    router_.Get("/echo", [](const Request& request, const std::stop_token&) {
      return Response::Text(200, request.QueryValue("text").value_or("none"));
    });
    router_.Post("/echo", [](const Request& request, const std::stop_token&) {
      return Response::Text(200, request.body);
    });
    // The value of a foreign header, sent back as one.
    router_.Get("/header", [](const Request& request, const std::stop_token&) {
      Response response = Response::Text(200, "x");
      response.headers.push_back({"X-Foreign", request.QueryValue("value").value_or("")});
      return response;
    });
  }

  Response Handle(const Request& request, std::stop_token stop) override {
    const ServerOptions limits = SmallOptions();
    Require(request.path.starts_with('/') && request.path.find('?') == std::string::npos);
    Require(IsText(request.path) && IsText(request.query));
    Require(request.body.size() <= limits.max_body_bytes);
    seen.append(1, static_cast<char>('0' + static_cast<int>(request.method)))
        .append(request.path + "?" + request.query + "\n");
    size_t header_bytes = 0;
    for (const Header& header : request.headers) {
      Require(!header.name.empty() && IsText(header.name) && IsText(header.value));
      header_bytes += header.name.size() + header.value.size();
      seen.append(header.name + ": " + header.value + "\n");
    }
    Require(header_bytes <= limits.max_header_bytes);
    Require(request.Find("HOST") == request.host);
    seen.append(request.body).append("\n");
    methods.push_back(request.method);
    CheckHost(policy_, request.host);
    if (!policy_.Admits(request.host)) return Response::Text(421, "not my name\n");
    return router_.Handle(request, std::move(stop));
  }

  // Of one connection; whoever reads them has waited for the handlers.
  std::vector<Method> methods;
  std::string seen;

 private:
  HostPolicy policy_{{"node-1.example"}};
  Router router_;
};

struct AnswerHead {
  // `lines` each end with CRLF.
  explicit AnswerHead(std::string_view lines) {
    Require(lines.starts_with("HTTP/1.1 "));
    Require(std::from_chars(lines.data() + 9, lines.data() + 12, status).ec == std::errc());
    for (size_t line = 0; !lines.empty(); ++line) {
      const std::string_view text = lines.substr(0, lines.find("\r\n"));
      lines.remove_prefix(text.size() + 2);
      Require(IsText(text));
      if (line > 0) TakeField(text);
      if (!text.starts_with("Date: ")) without_date.append(text).append("\n");
    }
    Require(status == 100 || (has_length && has_connection));
  }

  // A name that nobody here gives would come from a client's bytes.
  void TakeField(std::string_view text) {
    static constexpr std::array<std::string_view, 8> kNames = {
        "Allow", "Connection",  "Content-Length",         "Content-Type",
        "Date",  "Retry-After", "X-Content-Type-Options", "X-Foreign"};
    const size_t colon = text.find(": ");
    Require(colon != std::string_view::npos);
    const std::string_view name = text.substr(0, colon);
    const std::string_view value = text.substr(colon + 2);
    Require(std::find(kNames.begin(), kNames.end(), name) != kNames.end());
    if (name == "Connection") {
      Require(!has_connection && (value == "close" || value == "keep-alive"));
      has_connection = true;
      closes = value == "close";
    } else if (name == "Content-Length") {
      const auto end = value.data() + value.size();
      Require(!has_length && std::from_chars(value.data(), end, length).ptr == end);
      has_length = true;
    }
  }

  int status = 0;
  size_t length = 0;
  bool has_length = false;
  bool has_connection = false;
  bool closes = false;
  std::string without_date;
};

// One client and the session that serves it, on the calling thread but for the handlers.
class Connection final : private SessionOwner {
 public:
  Connection() {
    int ends[2];
    Require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    client_.Reset(ends[0]);
    const SessionContext context{World().io, World().pool,    *this,
                                 checker_,   *World().logger, World().options};
    const auto session = MakeSession(context, UniqueFd(ends[1]), AF_INET, "192.0.2.1");
    session->Start();
    Settle();
  }

  // What its handlers saw and answered, without the dates. Not the refusal of what they did not
  // see: the parser looks at the first piece of a header at once and at the rest when it is whole,
  // so pieces decide what it complains of, and whether it does before the client leaves.
  std::string Converse(std::string_view bytes, size_t piece) {
    while (!bytes.empty()) {
      const size_t size = std::min(piece, bytes.size());
      const ssize_t sent = send(client_.get(), bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;  // closed by the session
      bytes.remove_prefix(static_cast<size_t>(sent));
      Settle();
    }
    shutdown(client_.get(), SHUT_WR);
    Settle();
    Require(ended_);
    return checker_.seen + CheckAnswers();
  }

 private:
  struct Shared {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
    asio::thread_pool pool{1};
    std::unique_ptr<Logger> logger = MakeNullLogger();
    ServerOptions options = SmallOptions();
  };
  static Shared& World() {
    static Shared& shared = *new Shared;
    return shared;
  }

  bool AdmitRequest(std::string_view) override {
    ++admitted_;
    return true;
  }
  void OnEnd(Session&) override { ended_ = true; }

  // Until nobody has anything to do before the client sends more.
  void Settle() {
    while (World().io.poll() > 0) {
      if (admitted_ > handled_) AwaitHandlers();
      char bytes[4096];
      ssize_t size = 0;
      while ((size = recv(client_.get(), bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        answers_.append(bytes, static_cast<size_t>(size));
      }
    }
  }

  // The pool has one thread, so what was posted before is done when the semaphore's turn comes.
  void AwaitHandlers() {
    std::binary_semaphore turn(0);
    asio::post(World().pool, [&turn] { turn.release(); });
    turn.acquire();
    handled_ = checker_.methods.size();
  }

  std::string CheckAnswers() const {
    std::string transcript;
    std::string_view rest = answers_;
    size_t answered = 0;
    while (!rest.empty()) {
      const size_t end = rest.find("\r\n\r\n");
      Require(end != std::string_view::npos);
      const AnswerHead head(rest.substr(0, end + 2));
      rest.remove_prefix(end + 4);
      if (head.status == 100) continue;
      // What no handler saw was refused, and ends the connection.
      const bool refused = answered == checker_.methods.size();
      Require(refused ? head.closes && head.status >= 400 : answered < checker_.methods.size());
      const bool bodiless = refused ? rest.empty() : checker_.methods[answered] == Method::kHead;
      const size_t size = bodiless ? 0 : head.length;
      Require(size <= rest.size());
      if (!refused) transcript.append(head.without_date).append(rest.substr(0, size));
      rest.remove_prefix(size);
      Require(!head.closes || rest.empty());
      ++answered;
    }
    Require(answered >= checker_.methods.size());
    Require(answered <= World().options.max_requests_per_connection);
    return transcript;
  }

  Checker checker_;
  UniqueFd client_;
  std::string answers_;
  size_t admitted_ = 0;
  size_t handled_ = 0;
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  Require(PercentDecode(PercentEncode(bytes)) == bytes);
  static_cast<void>(PercentDecode(bytes));
  CheckHost(HostPolicy({"node-1.example"}), bytes);

  const size_t piece = size_t{data[size - 1]} % 64 + 1;
  const std::string whole = Connection().Converse(bytes, size);
  const std::string pieces = Connection().Converse(bytes, std::max(piece, size / kMostPieces + 1));
  Require(whole == pieces);
  return 0;
}
