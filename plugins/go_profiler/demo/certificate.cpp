#include "plugins/go_profiler/demo/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace kubediag::demo {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;

constexpr long kVersion3 = 2;
constexpr std::chrono::seconds kClockSkew{3600};

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Everything but extensions and signature. Null if OpenSSL refuses.
Certificate Prepare(EVP_PKEY* key, const char* common_name, long serial,
                    std::chrono::seconds valid_for) {
  Certificate certificate(X509_new());
  if (certificate == nullptr) return nullptr;
  X509_set_version(certificate.get(), kVersion3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  const std::chrono::seconds begin = valid_for.count() < 0 ? valid_for - kClockSkew : -kClockSkew;
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), static_cast<long>(begin.count()));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(valid_for.count()));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(common_name);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  if (X509_set_pubkey(certificate.get(), key) != 1) return nullptr;
  return certificate;
}

std::string AlternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    std::array<unsigned char, 16> address{};
    const bool is_address = inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                            inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
    if (!text.empty()) text += ",";
    text += (is_address ? "IP:" : "DNS:") + name;
  }
  return text;
}

std::string Text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

std::string CertificatePem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Text(bio);
}

std::string KeyPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Text(bio);
}

}  // namespace

Result<Certificates> MakeCertificates(const CertificateOptions& options) {
  const auto failed = [] { return Status::Internal("OpenSSL could not make a certificate"); };
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (ca_key == nullptr || key == nullptr) return failed();

  const auto ca_validity = std::max(options.valid_for, std::chrono::seconds(24 * 3600));
  const Certificate ca = Prepare(ca_key.get(), "kubediag demonstration CA", 1, ca_validity);
  if (ca == nullptr) return failed();
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  if (!AddExtension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") ||
      !AddExtension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(ca.get(), ca_key.get(), EVP_sha256()) == 0) {
    return failed();
  }

  const Certificate leaf = Prepare(key.get(), "kubediag demonstration", 2, options.valid_for);
  if (leaf == nullptr) return failed();
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.get()));
  if (!AddExtension(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth") ||
      !AddExtension(leaf.get(), ca.get(), NID_subject_alt_name, AlternativeNames(options.names)) ||
      X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) == 0) {
    return failed();
  }
  return Certificates{.ca_pem = CertificatePem(ca.get()),
                      .certificate_pem = CertificatePem(leaf.get()),
                      .key_pem = KeyPem(key.get())};
}

}  // namespace kubediag::demo
