// ViewerServer: one profile as an expiring page behind a URL that cannot be guessed.
//
// Start, Wait, Stop and the destructor belong to one owner. Views are computed on the server's own
// threads when a page asks for them.
#pragma once

#include <memory>

#include "engine/core/deadline.h"
#include "engine/core/logging.h"
#include "engine/core/result.h"
#include "engine/core/unique_fd.h"
#include "engine/http/server.h"
#include "plugins/go_profiler/profile/profile.h"
#include "plugins/go_profiler/viewer/options.h"
#include "plugins/go_profiler/viewer/routes.h"

namespace kubediag::viewer {

enum class WaitOutcome { kExpired, kCancelled };

class ViewerServer {
 public:
  // `listener` is a listening TCP socket; `file` holds the profile as it was downloaded and is read
  // with pread(2). The page answers when this returns. The logger must outlive the server.
  // InvalidArgument: bad capability, an empty profile, or not such descriptors.
  static Result<std::unique_ptr<ViewerServer>> Start(
      UniqueFd listener, std::shared_ptr<const profile::Profile> profile, UniqueFd file,
      const ViewerOptions& options, Logger& logger);

  // Blocks until the page expires, or `cancel_fd` becomes readable or is closed at its other end.
  // cancel_fd -1: only expiry ends it.
  WaitOutcome Wait(int cancel_fd) const;

  // Ends the page now. The destructor does the same.
  void Stop();

 private:
  ViewerServer(std::unique_ptr<Routes> routes, std::unique_ptr<http::Server> server,
               Deadline expiry);

  std::unique_ptr<Routes> routes_;  // before the server, which calls it
  std::unique_ptr<http::Server> server_;
  const Deadline expiry_;
};

}  // namespace kubediag::viewer
