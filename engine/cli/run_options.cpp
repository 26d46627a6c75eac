#include "engine/cli/run_options.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "engine/api/names.h"
#include "engine/core/address.h"

namespace kubediag::cli {
namespace {

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

}  // namespace

Result<PortRange> ParsePortRange(const std::string& text) {
  constexpr unsigned kLargestPort = 65535;
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

std::string ViewerHost(const RunOptions& options) {
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
