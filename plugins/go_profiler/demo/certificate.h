// Certificates for the demonstration server: a CA of its own and a server certificate under it.
//
// Made afresh at each start (EC P-256, a day of validity); nothing of them is worth keeping.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::demo {

struct CertificateOptions {
  // Subject alternative names; what parses as an IP address is one, the rest are DNS names.
  std::vector<std::string> names;
  std::chrono::seconds valid_for{24 * 3600};  // negative: it has expired already
};

struct Certificates {
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
};

Result<Certificates> MakeCertificates(const CertificateOptions& options);

}  // namespace kubediag::demo
