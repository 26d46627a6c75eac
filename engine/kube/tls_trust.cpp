#include "engine/kube/tls_trust.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <climits>

namespace kubediag::kube {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPointer = std::unique_ptr<BIO, BioDeleter>;

BioPointer BioOf(const std::string& pem) {
  if (pem.size() > INT_MAX) return nullptr;
  return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string OpenSslError() {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "not PEM" : reason;
}

// All certificates of `pem`; what else stands between them is passed over.
std::vector<X509*> ReadCertificates(const std::string& pem) {
  std::vector<X509*> certificates;
  const BioPointer bio = BioOf(pem);
  if (bio == nullptr) return certificates;
  while (X509* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.push_back(certificate);
  }
  // The loop ends with "no start line", which is no error once there was one.
  if (!certificates.empty()) ERR_clear_error();
  return certificates;
}

// A key with a passphrase cannot be used: nobody is there to type it.
int RefusePassphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<std::shared_ptr<const TlsTrust>> TlsTrust::Make(const std::string& authority,
                                                       const std::string& certificate,
                                                       const std::string& key) {
  ERR_clear_error();
  const std::shared_ptr<TlsTrust> trust(new TlsTrust());
  KUBEDIAG_RETURN_IF_ERROR(trust->LoadAuthority(authority));
  if (!certificate.empty()) KUBEDIAG_RETURN_IF_ERROR(trust->LoadIdentity(certificate, key));
  return std::shared_ptr<const TlsTrust>(trust);
}

TlsTrust::~TlsTrust() {
  X509_STORE_free(store_);
  for (X509* const certificate : chain_) X509_free(certificate);
  EVP_PKEY_free(key_);
}

Status TlsTrust::LoadAuthority(const std::string& pem) {
  store_ = X509_STORE_new();
  if (store_ == nullptr) return Status::ResourceExhausted("certificate store: out of memory");
  if (pem.empty()) {
    // A folder of hashed names is looked into when a certificate is needed; nothing is parsed now.
    X509_STORE_load_path(store_, X509_get_default_cert_dir());
    ERR_clear_error();
    return Status::Ok();
  }
  const std::vector<X509*> certificates = ReadCertificates(pem);
  if (certificates.empty()) {
    return Status::InvalidArgument("certificate authority: no certificate in it (" +
                                   OpenSslError() + ")");
  }
  for (X509* const certificate : certificates) {
    X509_STORE_add_cert(store_, certificate);
    X509_free(certificate);
  }
  return Status::Ok();
}

Status TlsTrust::LoadIdentity(const std::string& certificate, const std::string& key) {
  chain_ = ReadCertificates(certificate);
  if (chain_.empty()) {
    return Status::InvalidArgument("client certificate: none in it (" + OpenSslError() + ")");
  }
  const BioPointer bio = BioOf(key);
  if (bio != nullptr) {
    key_ = PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassphrase, nullptr);
  }
  if (key_ == nullptr) return Status::InvalidArgument("client key: " + OpenSslError());
  if (X509_check_private_key(chain_.front(), key_) != 1) {
    return Status::InvalidArgument("client key does not belong to the client certificate");
  }
  return Status::Ok();
}

bool TlsTrust::Apply(SSL_CTX* context) const {
  X509_STORE_up_ref(store_);
  SSL_CTX_set_cert_store(context, store_);  // takes the reference; the old store goes
  SSL_CTX_set_cert_verify_callback(context, &TlsTrust::Verify, const_cast<TlsTrust*>(this));
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return false;
  if (chain_.empty()) return true;
  if (SSL_CTX_use_certificate(context, chain_.front()) != 1) return false;
  for (size_t i = 1; i < chain_.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain_[i]) != 1) return false;
  }
  return SSL_CTX_use_PrivateKey(context, key_) == 1;
}

// The library's own check of the name runs inside X509_verify_cert; here only its outcome is noted,
// which the library does not tell.
int TlsTrust::Verify(X509_STORE_CTX* context, void* self) {
  const int verdict = X509_verify_cert(context);
  if (verdict == 1) return 1;
  const int error = X509_STORE_CTX_get_error(context);
  const auto* const trust = static_cast<const TlsTrust*>(self);
  const std::lock_guard lock(trust->mutex_);
  // A refusal of the library's own, which gives no reason: the name is all that it judges.
  const bool name = error == X509_V_OK || error == X509_V_ERR_UNSPECIFIED;
  trust->refusal_ =
      name ? "its certificate is for another name" : X509_verify_cert_error_string(error);
  return verdict;
}

std::string TlsTrust::Refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

}  // namespace kubediag::kube
