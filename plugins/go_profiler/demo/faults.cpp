#include "plugins/go_profiler/demo/faults.h"

#include <chrono>
#include <string>
#include <thread>

namespace kubediag::demo {
namespace {

struct Context {
  const Response& good;
  std::string_view redirect_to;
  Connection& connection;
};

using Fault = bool (*)(const Context&);

template <int kStatus>
bool AnswerStatus(const Context& context) {
  Response response;
  response.status = kStatus;
  response.body = "demonstration of status " + std::to_string(kStatus);
  if (kStatus == 429) response.headers.emplace_back("Retry-After", "7");
  return context.connection.Write(Serialize(response));
}

bool AnswerBody(const Context& context, const char* type, std::string body) {
  return context.connection.Write(Serialize({.content_type = type, .body = std::move(body)}));
}

bool AnswerHtml(const Context& context) {
  return AnswerBody(context, "text/html",
                    "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>");
}
bool AnswerText(const Context& context) {
  return AnswerBody(context, "text/plain", "this is a sentence, not a profile\n");
}
bool AnswerEmpty(const Context& context) {
  return AnswerBody(context, "application/octet-stream", "");
}
bool AnswerZeros(const Context& context) {
  return AnswerBody(context, "application/octet-stream", std::string(1 << 20, '\0'));
}
bool AnswerHalf(const Context& context) {
  return AnswerBody(context, "application/octet-stream",
                    context.good.body.substr(0, context.good.body.size() / 2));
}

bool Truncate(const Context& context) {
  const std::string whole = Serialize(context.good);
  context.connection.Write(whole.substr(0, whole.size() - context.good.body.size() / 2));
  return false;
}

bool Redirect(const Context& context) {
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location", context.redirect_to);
  return context.connection.Write(Serialize(response));
}

bool Encode(const Context& context) {
  Response response = context.good;
  response.headers.emplace_back("Content-Encoding", "gzip");
  return context.connection.Write(Serialize(response));
}

bool Disconnect(const Context&) { return false; }

// Until the client has enough.
bool Stall(const Context& context) {
  std::string ignored;
  while (context.connection.Read(ignored, 1)) {
  }
  return false;
}

bool Drip(const Context& context) {
  context.connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  while (context.connection.Write("x")) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return false;
}

bool Flood(const Context& context) {
  const std::string chunk = "10000\r\n" + std::string(0x10000, '\0') + "\r\n";
  context.connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  while (context.connection.Write(chunk)) {
  }
  return false;
}

bool Announce(const Context& context) {
  context.connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\nsome");
  return Stall(context);
}

bool FloodHeaders(const Context& context) {
  const std::string line = "X-Padding: " + std::string(1000, 'x') + "\r\n";
  context.connection.Write("HTTP/1.1 200 OK\r\n");
  while (context.connection.Write(line)) {
  }
  return false;
}

bool Garble(const Context& context) { return context.connection.Write("220 mail ready\r\n"); }

struct Row {
  std::string_view name;
  Fault fault;
};

constexpr Row kRows[] = {
    {"401", AnswerStatus<401>},
    {"403", AnswerStatus<403>},
    {"404", AnswerStatus<404>},
    {"418", AnswerStatus<418>},
    {"429", AnswerStatus<429>},
    {"500", AnswerStatus<500>},
    {"503", AnswerStatus<503>},
    {"html", AnswerHtml},
    {"text", AnswerText},
    {"empty", AnswerEmpty},
    {"zeros", AnswerZeros},
    {"half", AnswerHalf},
    {"truncated", Truncate},
    {"redirect", Redirect},
    {"encoded", Encode},
    {"disconnect", Disconnect},
    {"stall", Stall},
    {"drip", Drip},
    {"huge", Flood},
    {"announced", Announce},
    {"headers", FloodHeaders},
    {"not-http", Garble},
};

}  // namespace

bool Misbehave(std::string_view name, const Response& good, std::string_view redirect_to,
               Connection& connection) {
  for (const Row& row : kRows) {
    if (row.name == name) {
      return row.fault({.good = good, .redirect_to = redirect_to, .connection = connection});
    }
  }
  return connection.Write(Serialize({.status = 404, .body = "no such fault"}));
}

std::vector<std::string_view> FaultNames() {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

}  // namespace kubediag::demo
