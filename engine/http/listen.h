// Listening TCP sockets, for programs that are not handed one by the engine.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/result.h"
#include "engine/core/unique_fd.h"

namespace kubediag::http {

// Binds a numeric IPv4 or IPv6 `address` and listens; port 0 lets the kernel choose. Close-on-exec.
// InvalidArgument if the address is not numeric; errno codes otherwise.
Result<UniqueFd> Listen(const std::string& address, uint16_t port);

// The port a bound IPv4 or IPv6 socket has.
Result<uint16_t> LocalPort(int fd);

}  // namespace kubediag::http
