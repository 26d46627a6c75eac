#include "plugins/go_profiler/demo/manifests.h"

#include <openssl/evp.h>

#include "engine/core/file.h"

namespace kubediag::demo {
namespace {

std::string Base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

std::string SecretManifest(const Credentials& credentials) {
  return "apiVersion: v1\n"
         "kind: Secret\n"
         "metadata:\n"
         "  name: apiserver-profiler-sa-token\n"
         "  namespace: kubediag\n"
         "  labels:\n"
         "    diagnosis.kubediag.org/allow-diagnoses: \"true\"\n"
         "type: Opaque\n"
         "data:\n"
         "  token: " +
         Base64(credentials.token) + "\n  ca.crt: " + Base64(credentials.ca_pem) + "\n";
}

Status WriteCredentials(const std::string& folder, const Credentials& credentials) {
  KUBEDIAG_ASSIGN_OR_RETURN(const UniqueFd directory, MakeDirectory(folder));
  KUBEDIAG_RETURN_IF_ERROR(ReplaceFileAt(directory.get(), "apiserver-profiler-sa-token.yaml",
                                         SecretManifest(credentials)));
  KUBEDIAG_RETURN_IF_ERROR(ReplaceFileAt(directory.get(), "token", credentials.token));
  return ReplaceFileAt(directory.get(), "ca.crt", credentials.ca_pem);
}

}  // namespace kubediag::demo
