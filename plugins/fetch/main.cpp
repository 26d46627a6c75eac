// kubediag-fetch: one request to a server that nobody vouches for, then the end.
//
// Standard input: the request (request.h), to its end. Descriptor 3: where the body goes. Standard
// output: the answer (request.h). Exit status 0 if an answer was written, whatever it says.
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "engine/core/file.h"
#include "plugins/fetch/client.h"
#include "plugins/fetch/confine.h"
#include "plugins/fetch/reason.h"
#include "plugins/fetch/transfer.h"

namespace kubediag::fetch {
namespace {

Result<Response> Run() {
  const auto unavailable = [](const Status& status) {
    return FetchError(Reason::kFetchUnavailable, status.message());
  };
  if (Status status = ConfineEarly(); !status.ok()) return unavailable(status);
  auto message = ReadAll(STDIN_FILENO, "request", kMaxRequestBytes);
  if (!message.ok()) return unavailable(message.status());
  auto request = DecodeRequest(*message);
  if (!request.ok()) return unavailable(request.status());
  message->clear();
  message->shrink_to_fit();
  if (fcntl(kBodyDescriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return FetchError(Reason::kFetchUnavailable, "no descriptor for the body");
  }
  if (Status status = ConfineTo(*request); !status.ok()) return unavailable(status);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return FetchError(Reason::kFetchUnavailable, "libcurl could not start");
  }
  return Transfer(*request, kBodyDescriptor);
}

}  // namespace
}  // namespace kubediag::fetch

int main() {
  try {
    const std::string answer = kubediag::fetch::EncodeAnswer(kubediag::fetch::Run());
    const int exit_status = kubediag::WriteAll(STDOUT_FILENO, answer).ok() ? 0 : 1;
#ifdef KUBEDIAG_SANITIZED
    return exit_status;  // leaks are looked for on the way out
#else
    // Whoever asked waits for the end; what the libraries would tidy up goes with the process.
    _exit(exit_status);
#endif
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kubediag-fetch: %s\n", error.what());
    return 1;
  }
}
