#include <utility>

#include "engine/http/handler.h"

namespace kubediag::http {

void Router::Get(std::string path, Function function) {
  routes_[std::move(path)].get = std::move(function);
}

void Router::Post(std::string path, Function function) {
  routes_[std::move(path)].post = std::move(function);
}

Response Router::Handle(const Request& request, std::stop_token stop) {
  const auto route = routes_.find(request.path);
  if (route == routes_.end()) return Response::Text(404, "not found\n");
  const Function& function =
      request.method == Method::kPost ? route->second.post : route->second.get;
  if (function) return function(request, stop);
  Response response = Response::Text(405, "method not allowed\n");
  response.headers.push_back({"Allow", route->second.get ? "GET, HEAD" : "POST"});
  return response;
}

}  // namespace kubediag::http
