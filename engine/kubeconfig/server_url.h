// The address of an API server, checked before anything is sent to it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::kubeconfig {

// `url` without slashes at its end. Without a scheme it gets https if `has_tls` (the cluster says
// something about TLS), else http, as kubectl has it. InvalidArgument says what is wrong without
// repeating the address, which may hold a password.
Result<std::string> CheckServerUrl(std::string_view url, bool has_tls);

// InvalidArgument unless it is an http, https or socks5 address. Empty is no proxy.
Status CheckProxyUrl(std::string_view url);

// "[fd00::1]:443", "10.0.0.1:443".
std::string HostAndPort(std::string_view host, std::string_view port);

bool IsPlainHttp(std::string_view checked_url);

}  // namespace kubediag::kubeconfig
