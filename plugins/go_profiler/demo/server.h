// Server: a small HTTP/1.1 server for demonstrations and tests, plain or TLS, one thread and one
// request a connection. It trusts its caller's handler, not its clients.
//
// Listens from Start() until it is destroyed, which ends all connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "plugins/go_profiler/demo/connection.h"

namespace kubediag::demo {

struct Request {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  // Empty if there is none.
  std::string_view Header(std::string_view lower_case_name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// The whole answer as it goes over the wire.
std::string Serialize(const Response& response);

// Answers on the connection; called from several threads at once. Returning false drops the
// connection without an orderly end.
using Handler = std::function<bool(const Request&, Connection&)>;

struct ServerOptions {
  std::string address = "127.0.0.1";  // or an IPv6 one, without brackets
  uint16_t port = 0;                  // 0: any
  std::string certificate_pem = {};   // empty: plain HTTP
  std::string key_pem = {};
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler handler);
  virtual ~Server() = default;

  virtual uint16_t port() const = 0;
  // "https://127.0.0.1:41234", "http://[::1]:41234".
  virtual std::string url() const = 0;
};

}  // namespace kubediag::demo
