#include "test/engine/kubeconfig/fixture.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kubediag::kubeconfig {
namespace {

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

Home::Home() {
  std::string pattern = std::filesystem::temp_directory_path() / "kubeconfig-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

Home::~Home() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Home::Write(const std::string& name, const std::string& text, int mode) const {
  std::string path = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::trunc) << text;
  chmod(path.c_str(), static_cast<mode_t>(mode));
  return path;
}

Surroundings Home::Around() const {
  Surroundings surroundings;
  surroundings.environment = {{"HOME", path_}, {"PATH", path_ + "/bin:/usr/bin:/bin"}};
  surroundings.service_account_folder = path_ + "/serviceaccount";
  return surroundings;
}

Result<ClusterConfig> Home::Load(const std::string& text, const std::string& context) const {
  Write(".kube/config", text);
  return LoadClusterConfig({.kubeconfig = "", .context = context, .surroundings = Around()});
}

Identity MakeIdentity(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_sign(certificate, key, EVP_sha256());

  Identity identity;
  BIO* certificate_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_bio, certificate);
  identity.certificate = TextOf(certificate_bio);
  BIO* key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  identity.key = TextOf(key_bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

const Identity& Alice() {
  static const Identity identity = MakeIdentity("alice");
  return identity;
}

std::string OneContext(const std::string& cluster, const std::string& user,
                       const std::string& context) {
  return "current-context: c\n"
         "contexts: [{name: c, context: {cluster: k, user: u" +
         (context.empty() ? "" : ", " + context) +
         "}}]\n"
         "clusters: [{name: k, cluster: {" +
         cluster +
         "}}]\n"
         "users: [{name: u, user: {" +
         user + "}}]\n";
}

}  // namespace kubediag::kubeconfig
