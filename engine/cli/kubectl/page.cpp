#include "engine/cli/kubectl/page.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "engine/api/conditions.h"
#include "engine/api/names.h"
#include "engine/api/object.h"
#include "engine/cli/kubectl/keys.h"
#include "engine/cli/kubectl/status_progress.h"
#include "engine/cli/run_sentence.h"
#include "engine/cli/text.h"
#include "engine/diagnosis/reasons.h"

namespace kubediag::cli {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool IsSafePath(std::string_view path) {
  return path.starts_with('/') && path.find("..") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(),
                     [](char c) { return c == '/' || IsNameCharacter(c); });
}

Status Malformed(const std::string& url, const char* why) {
  return Status::InvalidArgument("its page \"" + Printable(url) + "\" cannot be opened: " + why);
}

Status NotServed(const api::Diagnosis& diagnosis, const api::Condition& serving) {
  const std::string name = api::DisplayName(api::Object(diagnosis));
  if (serving.reason == diagnosis::kReasonExpired) {
    return Status::FailedPrecondition("the page of " + name + " has expired; run it anew");
  }
  const std::string why = serving.message.empty() ? serving.reason : serving.message;
  return Status::FailedPrecondition(name + " serves its page no longer: " + Printable(why));
}

}  // namespace

std::string PageAddress::UrlAt(const std::string& other_host, uint16_t other_port) const {
  const bool is_v6 = other_host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + other_host + "]" : other_host) + ":" +
         std::to_string(other_port) + path;
}

Result<PageAddress> ParsePageUrl(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  constexpr uint16_t kUsualPort = 80;
  if (!url.starts_with(kScheme)) return Malformed(url, "it is no http URL");
  const std::string rest = url.substr(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string authority = rest.substr(0, slash);
  PageAddress page;
  page.port = kUsualPort;
  page.path = slash == rest.size() ? "/" : rest.substr(slash);
  if (!page.path.ends_with('/')) page.path.push_back('/');
  if (!IsSafePath(page.path)) return Malformed(url, "its path has unusual characters");
  const size_t colon = authority.rfind(':');
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    const std::string port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), page.port);
    if (error != std::errc() || end != port.data() + port.size() || page.port == 0) {
      return Malformed(url, "its port is none");
    }
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  page.host = authority;
  if (!api::IsIpAddress(page.host) && !api::IsDnsSubdomain(page.host)) {
    return Malformed(url, "its host is none");
  }
  return page;
}

Result<PageAddress> PageOf(const api::Diagnosis& diagnosis) {
  const std::string name = api::DisplayName(api::Object(diagnosis));
  if (!HasEnded(diagnosis)) {
    const std::string why = WaitSentence(diagnosis);
    return Status::FailedPrecondition(name + " has not ended" + (why.empty() ? "" : ": " + why) +
                                      "; kubectl kubediag wait " + NameForCommands(diagnosis));
  }
  const std::vector<ServedPage> pages = ServedPages(diagnosis.status);
  if (pages.empty()) {
    if (diagnosis.status.phase == api::Phase::kFailed) {
      return Status::FailedPrecondition(name + " has no page. " + EndSentence(diagnosis));
    }
    return Status::FailedPrecondition(name + " has no page: none of its operations serves one");
  }
  const api::Condition* const serving =
      api::FindCondition(diagnosis.status.conditions, api::kConditionServing);
  if (serving != nullptr && serving->status == api::kConditionFalse) {
    return NotServed(diagnosis, *serving);
  }
  return ParsePageUrl(pages.front().url);
}

std::string FileNameOf(const api::Diagnosis& diagnosis) {
  const auto& results = diagnosis.status.operation_results;
  const auto given = results.find(kProfileFileKey);
  std::string name = given == results.end() ? "" : given->second;
  name = name.substr(name.rfind('/') + 1);
  std::erase_if(name, [](char c) { return !IsNameCharacter(c); });
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  if (!name.empty()) return name;
  return diagnosis.metadata.namespace_name + "." + diagnosis.metadata.name + ".prof";
}

}  // namespace kubediag::cli
