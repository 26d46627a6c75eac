// TlsTrust: whom a connection believes and who it says it is, parsed once and shared by all
// connections. Private to cpprest_transport.cpp.
//
// Immutable but for the word on the last refusal; thread-safe. Owns copies.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::kube {

class TlsTrust {
 public:
  // All PEM. `authority` empty: the system's certificates. Certificate and key may both be empty.
  // InvalidArgument says which of them cannot be used and why.
  static Result<std::shared_ptr<const TlsTrust>> Make(const std::string& authority,
                                                      const std::string& certificate,
                                                      const std::string& key);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  // Makes `context` a client's: this trust and nothing the library has put there, TLS 1.2 at least.
  // The context must not outlive this. False: OpenSSL refuses.
  bool Apply(SSL_CTX* context) const;

  // Why the last server was not believed; empty if none was refused.
  std::string Refusal() const;

 private:
  TlsTrust() = default;
  Status LoadAuthority(const std::string& pem);
  Status LoadIdentity(const std::string& certificate, const std::string& key);
  static int Verify(X509_STORE_CTX* context, void* self);

  X509_STORE* store_ = nullptr;
  std::vector<X509*> chain_;  // our own certificate first
  EVP_PKEY* key_ = nullptr;
  mutable std::mutex mutex_;
  mutable std::string refusal_;
};

}  // namespace kubediag::kube
