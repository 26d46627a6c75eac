// Transfer: one request over libcurl, under the rules of this folder. Used by the fetch program
// only: whoever calls it lets an untrusted server talk to libcurl in its own address space.
//
// - The address is checked at the socket libcurl is about to connect: a name that resolves
//   differently a moment later cannot slip past.
// - No redirects, no proxies, no cookies, no netrc, no HTTP/2, TLS 1.2 or later, always verified.
// - The body goes to the output descriptor only if the answer is 200.
#pragma once

#include "engine/core/result.h"
#include "plugins/fetch/request.h"

namespace kubediag::fetch {

// Any failure carries a reason of reason.h. `output_fd` is borrowed. One thread at a time.
Result<Response> Transfer(const Request& request, int output_fd);

}  // namespace kubediag::fetch
