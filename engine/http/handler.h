// Handler: answers requests. Router: a Handler that picks another one by path.
//
// Handle is called from several threads at once and must return soon after its token asks it to:
// that happens when the client has left, the request has run out of time, or the server stops.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/http/message.h"

namespace kubediag::http {

class Handler {
 public:
  virtual ~Handler() = default;
  virtual Response Handle(const Request& request, std::stop_token stop) = 0;
};

// Routes are added before the server starts; afterwards a Router never changes.
class Router final : public Handler {
 public:
  using Function = std::function<Response(const Request&, const std::stop_token&)>;

  // Answers GET and HEAD (the server drops a HEAD's body), or POST, on exactly `path`.
  void Get(std::string path, Function function);
  void Post(std::string path, Function function);

  // 404 for an unknown path; 405 with Allow for a known one with another method.
  Response Handle(const Request& request, std::stop_token stop) override;

 private:
  struct Route {
    Function get;
    Function post;
  };
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace kubediag::http
