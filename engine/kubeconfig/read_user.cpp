#include "engine/kubeconfig/pem.h"
#include "engine/kubeconfig/read_context.h"
#include "engine/kubeconfig/server_url.h"

namespace kubediag::kubeconfig {
namespace {

// Ways to say who one is that no Kubernetes server or client of today has.
Status CheckUnsupported(const Field& user) {
  for (const char* key : {"username", "password"}) {
    if (user.At(key).present()) {
      return user.At(key).Error(
          "basic authentication is not supported (Kubernetes has none since 1.19): use a token, a "
          "client certificate or exec");
    }
  }
  if (user.At("auth-provider").present()) {
    return user.At("auth-provider")
        .Error("is not supported (Kubernetes' clients have none since 1.26): use exec");
  }
  return Status::Ok();
}

Result<std::string> HeaderText(const Field& field) {
  KUBEDIAG_ASSIGN_OR_RETURN(std::string text, field.Text());
  if (!FitsHeader(text)) return field.Error("holds a control character");
  return text;
}

Result<std::vector<std::string>> HeaderTexts(const Field& field) {
  std::vector<std::string> texts;
  KUBEDIAG_ASSIGN_OR_RETURN(const std::vector<Field> items, field.Items());
  for (const Field& item : items) {
    KUBEDIAG_ASSIGN_OR_RETURN(std::string text, HeaderText(item));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<Impersonation> ReadImpersonation(const Field& user) {
  Impersonation as;
  KUBEDIAG_ASSIGN_OR_RETURN(as.user, HeaderText(user.At("as")));
  KUBEDIAG_ASSIGN_OR_RETURN(as.uid, HeaderText(user.At("as-uid")));
  KUBEDIAG_ASSIGN_OR_RETURN(as.groups, HeaderTexts(user.At("as-groups")));
  KUBEDIAG_ASSIGN_OR_RETURN(const auto extra, user.At("as-user-extra").Entries());
  for (const auto& [key, values] : extra) {
    KUBEDIAG_ASSIGN_OR_RETURN(as.extra[key], HeaderTexts(values));
  }
  if (as.user.empty() && !(as == Impersonation())) {
    return user.At("as").Error("is missing: as-uid, as-groups and as-user-extra go with a user");
  }
  return as;
}

Status ReadCertificate(const NamedEntry& entry, UserConfig& user) {
  const Field& body = entry.body;
  const Field certificate = body.At("client-certificate-data");
  KUBEDIAG_ASSIGN_OR_RETURN(user.certificate,
                            ReadMaterial(certificate, body.At("client-certificate"), entry.folder));
  KUBEDIAG_ASSIGN_OR_RETURN(
      user.key, ReadMaterial(body.At("client-key-data"), body.At("client-key"), entry.folder));
  if (user.certificate.empty() != user.key.empty()) {
    return user.key.empty() ? body.At("client-key").Error("is missing beside client-certificate")
                            : body.At("client-certificate").Error("is missing beside client-key");
  }
  if (user.certificate.data.empty() || user.key.data.empty()) return Status::Ok();
  Status status = CheckCertificates(user.certificate.data);
  if (status.ok()) status = CheckKeyPair(user.certificate.data, user.key.data);
  return status.ok() ? status : certificate.Annotate(status);
}

}  // namespace

Result<UserConfig> ReadUser(const NamedEntry& entry, const ClusterConfig& cluster,
                            const NamedEntry& cluster_entry) {
  const Field& body = entry.body;
  KUBEDIAG_RETURN_IF_ERROR(body.CheckMap());
  KUBEDIAG_RETURN_IF_ERROR(CheckUnsupported(body));
  UserConfig user;
  const Field token = body.At("token");
  KUBEDIAG_ASSIGN_OR_RETURN(user.token, token.Text());
  if (!user.token.empty()) {
    const auto checked = CheckToken(user.token);
    if (!checked.ok()) return token.Annotate(checked.status());
    user.token = *checked;
  }
  KUBEDIAG_ASSIGN_OR_RETURN(const std::string token_file, body.At("tokenFile").Text());
  user.token_file = AbsolutePath(token_file, entry.folder);
  KUBEDIAG_RETURN_IF_ERROR(ReadCertificate(entry, user));
  if (body.At("exec").present()) {
    KUBEDIAG_ASSIGN_OR_RETURN(user.exec,
                              ReadExec(body.At("exec"), entry.folder, cluster, cluster_entry));
  }
  KUBEDIAG_ASSIGN_OR_RETURN(user.impersonation, ReadImpersonation(body));

  for (const char* key : {"token", "tokenFile", "exec"}) {
    const Field credential = body.At(key);
    if (!credential.present() || !IsPlainHttp(cluster.server)) continue;
    return credential.Annotate(Status::PermissionDenied("is not sent in the open: the server is " +
                                                        cluster.server + ", not https"));
  }
  return user;
}

}  // namespace kubediag::kubeconfig
