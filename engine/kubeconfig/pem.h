// What credentials must look like before they are used. Pure functions; messages never repeat them.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace kubediag::kubeconfig {

// InvalidArgument unless at least one PEM certificate can be read from `pem`, and no broken one.
Status CheckCertificates(std::string_view pem);

// InvalidArgument unless `key` is a PEM private key, not encrypted, and that of the first
// certificate.
Status CheckKeyPair(std::string_view certificate, std::string_view key);

// Without white space around it. InvalidArgument if nothing is left, or what is left cannot stand
// in a header.
Result<std::string> CheckToken(std::string_view token);

// Of a header's value: no control characters.
bool FitsHeader(std::string_view text);

}  // namespace kubediag::kubeconfig
