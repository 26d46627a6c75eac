// Routes: the viewer's URLs as a Handler. Everything lives under the capability; whoever does not
// know it learns nothing but where links are found.
//
//   /                      where to find the link
//   /CAP                   → CAP/ (relative, so that a proxy may strip a prefix)
//   /CAP/                  the page; app.js, app.css, icon.svg beside it
//   /CAP/data/meta         JSON           /CAP/data/frames          JSON
//   /CAP/data/flame?type=N columns        /CAP/data/top?type=N      JSON
//   /CAP/data/flame?type=N&path=U.U.U  columns of what passes through a path, in more detail
//   /CAP/profile.pb.gz     the profile as it was downloaded
#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "engine/core/deadline.h"
#include "engine/core/unique_fd.h"
#include "engine/http/handler.h"
#include "engine/http/host_policy.h"
#include "plugins/go_profiler/viewer/options.h"
#include "plugins/go_profiler/viewer/views.h"

namespace kubediag::viewer {

class Routes final : public http::Handler {
 public:
  // `file` holds the profile as it was downloaded, `file_size` bytes. After `expiry` every route
  // under the capability answers 410.
  Routes(const ViewerOptions& options, std::shared_ptr<const profile::Profile> profile,
         std::shared_ptr<const UniqueFd> file, uint64_t file_size, Deadline expiry);

  http::Response Handle(const http::Request& request, std::stop_token stop) override;

 private:
  http::Response HandleInside(std::string_view path, const http::Request& request,
                              const std::stop_token& stop);
  http::Response HandleData(std::string_view name, const http::Request& request,
                            const std::stop_token& stop);
  Result<std::shared_ptr<const View>> FlameView(uint32_t type, const http::Request& request,
                                                const std::stop_token& stop);
  http::Response Meta();
  http::Response Download() const;

  const ViewerOptions options_;
  const http::HostPolicy hosts_;
  Views views_;
  const std::shared_ptr<const UniqueFd> file_;
  const uint64_t file_size_;
  const Deadline expiry_;
};

}  // namespace kubediag::viewer
