// The kinds of CredentialSource, one a file. All are thread-safe; locks are held while a file is
// read or a plugin runs, so that many requests cause one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/kubeconfig/credentials.h"
#include "engine/kubeconfig/exec_config.h"

namespace kubediag::kubeconfig {

struct Clocks {
  std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> wall = std::chrono::system_clock::now;
};

// A text given whole or by its file; the text wins.
struct Material {
  std::string data;
  std::string file;  // absolute

  bool empty() const { return data.empty() && file.empty(); }
};

// Always the same.
std::shared_ptr<CredentialSource> MakeStaticCredential(Credential credential);

// A token that is rotated behind its path: read again when kTokenFilePeriod less kTokenFileLeeway
// has passed, and at once when it was refused. The last that could be read stays in use; before the
// first, `fallback`, if it is not empty.
std::shared_ptr<CredentialSource> MakeTokenFile(std::string path, std::string fallback,
                                                Clocks clocks = {});

// A client certificate and its key; files are looked at again each kClientCertificatePeriod, and at
// once when refused. A pair that does not fit together (half of it is replaced) is not used.
std::shared_ptr<CredentialSource> MakeClientCertificate(Material certificate, Material key,
                                                        Clocks clocks = {});

// What a program prints: kept until it expires or is refused.
std::shared_ptr<CredentialSource> MakeExecPlugin(ExecConfig config, Clocks clocks = {});

// The parts of all of them; for each part the first that has it.
std::shared_ptr<CredentialSource> CombineCredentials(
    std::vector<std::shared_ptr<CredentialSource>> sources);

}  // namespace kubediag::kubeconfig
