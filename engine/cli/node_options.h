// What every command is told that runs operations on this machine: `run` and `agent`. A plain
// value, filled by the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cli/common_options.h"
#include "engine/core/limits.h"
#include "engine/diagnosis/executor.h"

namespace kubediag::cli {

struct PortRange {
  uint16_t first = 39900;
  uint16_t last = 39999;
};

struct NodeOptions {
  EngineOptions engine;
  std::string node_name;
  std::string viewer_address = "127.0.0.1";
  PortRange viewer_ports;
  std::vector<std::string> viewer_hosts;
  std::vector<std::string> allowed_source_cidrs;
  unsigned max_concurrent = Limits().concurrent_operations;
  std::string operation_user;
};

// --node-name, the viewer options, --allow-source-cidr, --operation-user and AddEngineOptions.
// `options` must outlive the parsing; its viewer_address is shown as the default.
void AddNodeOptions(CLI::App& command, NodeOptions& options);

// Fills in a name for the node where none is given. InvalidArgument: the machine's own cannot be
// one.
Status ResolveNodeName(NodeOptions& options);

// For one process: `instance` is new with each call.
diagnosis::ExecutorOptions ExecutorOptionsOf(const NodeOptions& options, const ProgramPaths& paths,
                                             const Limits& limits);

// "39900-39999", "8080" or "0" (any). InvalidArgument otherwise.
Result<PortRange> ParsePortRange(const std::string& text);
// Ok for "10.0.0.0/8", "fd00::/8" and single addresses: what the programs that download take.
Status CheckCidr(const std::string& text);
// 1 to kMaxConcurrentOperations. InvalidArgument otherwise.
Result<unsigned> ParseMaxConcurrent(const std::string& text);
// Ok for a numeric IPv4 or IPv6 address.
Status CheckAddress(const std::string& text);
// A port to listen on, or 0 for any.
Status CheckPort(const std::string& text);
// Ok for what Kubernetes takes for the name of a node.
Status CheckNodeName(const std::string& text);
// Ok for a DNS name or a numeric address, without port: what a browser's Host header may say.
Status CheckViewerHost(const std::string& text);
// HOST of the URLs people are shown: `viewer_address`, or if that means all addresses the first of
// `viewer_hosts`, else this machine's first address that others can reach, else loopback.
std::string ViewerHost(const NodeOptions& options);
// The machine's own name, in lower case as the kubelet has it.
std::string HostName();

}  // namespace kubediag::cli
