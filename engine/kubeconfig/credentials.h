// Credentials: who a client of the API server says it is, and where that comes from.
//
// A CredentialSource is shared by all requests of a client and thread-safe; Get() may read a file
// or run a program, so it may block: 60 s at most where nobody is asked for a password. What it
// gives is secret: it goes into a request and nowhere else, no log, no message.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::kubeconfig {

// The Impersonate-* headers. All empty: none are sent.
struct Impersonation {
  std::string user;                                       // Impersonate-User
  std::string uid;                                        // Impersonate-Uid
  std::vector<std::string> groups;                        // Impersonate-Group, one header each
  std::map<std::string, std::vector<std::string>> extra;  // Impersonate-Extra-<percent-encoded key>

  bool operator==(const Impersonation&) const = default;
};

// Any part may be empty; all empty is an anonymous client. Texts hold no control characters, so
// they can go into a header as they are.
struct Credential {
  std::string token;               // Authorization: Bearer …
  std::string client_certificate;  // PEM, with its chain; never without the key, nor the reverse
  std::string client_key;          // PEM, not encrypted; fits the certificate
  Impersonation impersonation;

  // Other than before: a client certificate belongs to a connection, which is then to be replaced.
  bool operator==(const Credential&) const = default;
};

class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // What to use for the next request: cached, and looked after as its kind needs. Call it for each
  // request. PermissionDenied, NotFound, Unavailable …: there is none to be had, and why.
  virtual Result<Credential> Get() = 0;

  // The server has answered 401 to `refused`: the next Get() does not answer from a cache that
  // still holds it. May give the same again if there is no other. No effect if somebody else has
  // replaced it meanwhile.
  virtual void Invalidate(const Credential& refused) = 0;
};

}  // namespace kubediag::kubeconfig
