#include "engine/kubeconfig/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace kubediag::kubeconfig {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, Free>;

std::unique_ptr<BIO, Free> Bytes(std::string_view bytes) {
  constexpr auto kLargest = static_cast<size_t>(std::numeric_limits<int>::max());
  return std::unique_ptr<BIO, Free>(
      BIO_new_mem_buf(bytes.data(), static_cast<int>(std::min(bytes.size(), kLargest))));
}

// An encrypted key gets no password, instead of a question on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Certificate NextCertificate(BIO* bio) {
  return Certificate(PEM_read_bio_X509(bio, nullptr, NoPassword, nullptr));
}

}  // namespace

Status CheckCertificates(std::string_view pem) {
  ERR_clear_error();
  const auto bio = Bytes(pem);
  size_t count = 0;
  while (NextCertificate(bio.get()) != nullptr) ++count;
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return Status::InvalidArgument("holds a PEM block that is broken");
  if (count == 0) return Status::InvalidArgument("holds no PEM certificate");
  return Status::Ok();
}

Status CheckKeyPair(std::string_view certificate, std::string_view key) {
  const auto certificate_bio = Bytes(certificate);
  const Certificate first = NextCertificate(certificate_bio.get());
  ERR_clear_error();
  if (first == nullptr) return Status::InvalidArgument("the certificate is not PEM");
  const auto key_bio = Bytes(key);
  const std::unique_ptr<EVP_PKEY, Free> private_key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassword, nullptr));
  const bool fits =
      private_key != nullptr && X509_check_private_key(first.get(), private_key.get()) == 1;
  ERR_clear_error();
  if (private_key == nullptr) {
    return Status::InvalidArgument("the key is not PEM, or it is encrypted");
  }
  if (!fits) return Status::InvalidArgument("the key is not that of the certificate");
  return Status::Ok();
}

Result<std::string> CheckToken(std::string_view token) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = token.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return Status::InvalidArgument("holds no token");
  token = token.substr(first, token.find_last_not_of(kSpace) - first + 1);
  const bool odd = std::any_of(token.begin(), token.end(),
                               [](unsigned char c) { return c <= ' ' || c >= 0x7f; });
  if (odd) return Status::InvalidArgument("holds a character that a token cannot have");
  return std::string(token);
}

bool FitsHeader(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

}  // namespace kubediag::kubeconfig
