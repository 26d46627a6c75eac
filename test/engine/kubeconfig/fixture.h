// A home folder with files in it, and certificates made on the spot.
#pragma once

#include <string>

#include "engine/kubeconfig/cluster_config.h"

namespace kubediag::kubeconfig {

class Home {
 public:
  Home();
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  const std::string& path() const { return path_; }
  // Its absolute path; parents are made.
  std::string Write(const std::string& name, const std::string& text, int mode = 0600) const;
  // An environment of HOME and PATH alone, not in a cluster.
  Surroundings Around() const;
  // Loads ~/.kube/config with this text.
  Result<ClusterConfig> Load(const std::string& text, const std::string& context = "") const;

 private:
  std::string path_;
};

struct Identity {
  std::string certificate;  // self-signed
  std::string key;
};
Identity MakeIdentity(const std::string& name);
// One for the whole program.
const Identity& Alice();

// A kubeconfig of one context "c"; each part is in YAML's flow style: "server: https://h, …".
std::string OneContext(const std::string& cluster, const std::string& user,
                       const std::string& context = "");

}  // namespace kubediag::kubeconfig
