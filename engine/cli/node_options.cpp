#include "engine/cli/node_options.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "engine/api/names.h"
#include "engine/cli/checked.h"
#include "engine/core/address.h"
#include "engine/core/digest.h"
#include "engine/host/process_runner.h"
#include "engine/operation/job.h"

namespace kubediag::cli {
namespace {

constexpr unsigned kLargestPort = 65535;

std::optional<unsigned> ParseNumber(const std::string& text, unsigned largest) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > largest) return std::nullopt;
  return value;
}

std::string FirstReachableAddress() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const bool usable = (entry->ifa_flags & IFF_UP) != 0 && (entry->ifa_flags & IFF_LOOPBACK) == 0;
    if (!usable || entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    sockaddr_in address{};
    std::memcpy(&address, entry->ifa_addr, sizeof address);
    if (inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()) != nullptr) {
      return text.data();
    }
  }
  return {};
}

void AddViewerOptions(CLI::App& command, NodeOptions& options) {
  command
      .add_option("--viewer-address", options.viewer_address,
                  "Numeric address that pages are served on [" + options.viewer_address + "]")
      ->type_name("ADDRESS")
      ->check(Checked(CheckAddress));
  command
      .add_option_function<std::string>(
          "--viewer-ports",
          [&options](const std::string& text) { options.viewer_ports = *ParsePortRange(text); },
          "Ports that pages are served on, 0 for any [39900-39999]")
      ->type_name("FIRST-LAST")
      ->check(Checked([](const std::string& text) { return ParsePortRange(text).status(); }));
  command
      .add_option("--viewer-host", options.viewer_hosts,
                  "Name under which pages may be visited besides addresses and localhost; may be "
                  "given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(Checked(CheckViewerHost));
}

}  // namespace

void AddNodeOptions(CLI::App& command, NodeOptions& options) {
  command.add_option("--node-name", options.node_name, "Name of this machine [its host name]")
      ->type_name("NAME")
      ->check(Checked(CheckNodeName));
  command
      .add_option_function<std::string>(
          "--max-concurrent",
          [&options](const std::string& text) {
            options.max_concurrent = *ParseMaxConcurrent(text);
          },
          "Diagnoses, and operations, that run at once, 1 to " +
              std::to_string(kMaxConcurrentOperations) + "; more wait [" +
              std::to_string(options.max_concurrent) + "]")
      ->type_name("N")
      ->check(Checked([](const std::string& text) { return ParseMaxConcurrent(text).status(); }));
  AddViewerOptions(command, options);
  command
      .add_option("--allow-source-cidr", options.allowed_source_cidrs,
                  "Addresses that operations may fetch from though they are loopback, link-local "
                  "or metadata services; may be given several times")
      ->type_name("CIDR")
      ->allow_extra_args(false)
      ->check(Checked(CheckCidr));
  command
      .add_option("--operation-user", options.operation_user,
                  "User that operations run as [the running user]")
      ->type_name("USER[:GROUP]")
      ->check(
          Checked([](const std::string& text) { return host::ParseOperationUser(text).status(); }));
  AddEngineOptions(command, options.engine);
}

Status ResolveNodeName(NodeOptions& options) {
  if (!options.node_name.empty()) return Status::Ok();
  options.node_name = HostName();
  if (CheckNodeName(options.node_name).ok()) return Status::Ok();
  return Status::InvalidArgument("the machine's name " + options.node_name +
                                 " cannot be the name of a node: give one with --node-name");
}

diagnosis::ExecutorOptions ExecutorOptionsOf(const NodeOptions& options, const ProgramPaths& paths,
                                             const Limits& limits) {
  constexpr size_t kInstanceBytes = 4;
  diagnosis::ExecutorOptions executor;
  executor.data_root = options.engine.data_root;
  executor.node_name = options.node_name;
  executor.instance = options.node_name + "_" + RandomHex(kInstanceBytes);
  executor.libexec_directory = paths.libexec;
  executor.viewer_address = options.viewer_address;
  executor.viewer_host = ViewerHost(options);
  executor.first_viewer_port = options.viewer_ports.first;
  executor.last_viewer_port = options.viewer_ports.last;
  for (const std::string& cidr : options.allowed_source_cidrs) {
    executor.policy.emplace_back(operation::kPolicyAllowSourceCidr, cidr);
  }
  for (const std::string& host : options.viewer_hosts) {
    executor.policy.emplace_back(operation::kPolicyViewerHost, host);
  }
  executor.limits = limits;
  return executor;
}

Result<PortRange> ParsePortRange(const std::string& text) {
  const size_t dash = text.find('-');
  const std::optional<unsigned> first = ParseNumber(text.substr(0, dash), kLargestPort);
  const std::optional<unsigned> last =
      dash == std::string::npos ? first : ParseNumber(text.substr(dash + 1), kLargestPort);
  const bool any = first == 0U && last == 0U;
  if (!first || !last || *first > *last || (*first == 0 && !any)) {
    return Status::InvalidArgument(text + " is no range of ports such as 39900-39999");
  }
  return PortRange{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
}

Status CheckCidr(const std::string& text) { return ParseCidr(text).status(); }

Result<unsigned> ParseMaxConcurrent(const std::string& text) {
  const std::optional<unsigned> number = ParseNumber(text, kMaxConcurrentOperations);
  if (number && *number > 0) return *number;
  return Status::InvalidArgument("\"" + text + "\" is no number from 1 to " +
                                 std::to_string(kMaxConcurrentOperations));
}

Status CheckPort(const std::string& text) {
  if (ParseNumber(text, kLargestPort)) return Status::Ok();
  return Status::InvalidArgument("\"" + text + "\" is no port from 0 to " +
                                 std::to_string(kLargestPort));
}

Status CheckAddress(const std::string& text) {
  if (ParseAddress(text)) return Status::Ok();
  return Status::InvalidArgument("\"" + text + "\" is no numeric address");
}

Status CheckNodeName(const std::string& text) {
  if (api::IsDnsSubdomain(text)) return Status::Ok();
  return Status::InvalidArgument("\"" + text +
                                 "\" is no name of a node: lower-case letters, digits, '-' and "
                                 "'.', such as node-1.example (a DNS-1123 subdomain)");
}

Status CheckViewerHost(const std::string& text) {
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (ParseAddress(text) || api::IsDnsSubdomain(lower)) return Status::Ok();
  return Status::InvalidArgument(
      "\"" + text +
      "\" is neither a host name such as node-1.example nor a numeric address; the "
      "port is not part of it");
}

std::string ViewerHost(const NodeOptions& options) {
  if (options.viewer_address != "0.0.0.0" && options.viewer_address != "::") {
    return options.viewer_address;
  }
  if (!options.viewer_hosts.empty()) return options.viewer_hosts.front();
  std::string address = FirstReachableAddress();
  return address.empty() ? "127.0.0.1" : address;
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  std::string lower = name.data();
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace kubediag::cli
