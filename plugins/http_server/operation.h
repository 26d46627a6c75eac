// Operation http-server: KubeDiag's HTTP processor. Posts the parameters as a JSON object of
// strings to a server that the Operation object names; its answer, 200 with such an object, is the
// result.
//
// Settings: address (default 127.0.0.1), port (default the scheme's), path (default /), scheme
// (http, the default, or https), ca_pem (PEM; without it the system's certificates vouch for an
// https server: the server is the administrator's choice, unlike a Diagnosis' source).
// Unlike KubeDiag 0.2: TLS is verified, redirects are refused, loopback and link-local addresses
// need the administrator's permission, and every way to fail has a reason of its own.
#pragma once

#include <kubediag/operation.h>

namespace kubediag::http_server {

class HttpServerOperation : public Operation {
 public:
  static Declaration Declare();
  Outcome Run(Job& job) override;
};

}  // namespace kubediag::http_server
