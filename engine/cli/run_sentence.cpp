#include "engine/cli/run_sentence.h"

#include <charconv>
#include <string_view>

#include "engine/cli/text.h"

namespace kubediag::cli {
namespace {

constexpr std::string_view kVisit = "Visit ";
constexpr std::string_view kExpires = ", this server will expire in ";

std::optional<ServedPage> PageOf(std::string_view sentence) {
  if (!sentence.starts_with(kVisit)) return std::nullopt;
  sentence.remove_prefix(kVisit.size());
  if (!sentence.starts_with("http://") && !sentence.starts_with("https://")) return std::nullopt;
  ServedPage page;
  const size_t end = sentence.find(kExpires);
  page.url = Printable(sentence.substr(0, end));
  if (end == std::string_view::npos) return page;
  const std::string_view number = sentence.substr(end + kExpires.size());
  int64_t seconds = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), seconds);
  if (error == std::errc() && stop != number.data()) page.expires = std::chrono::seconds(seconds);
  return page;
}

std::string PathText(const api::Path& path) {
  std::string text;
  for (const api::Node& node : path) {
    text += (text.empty() ? "" : " -> ") + (node.id ? std::to_string(*node.id) : node.operation);
  }
  return text;
}

std::string Sentence(const std::string& text) {
  std::string line = Printable(text);
  for (const std::string_view end : {".", "?", "!", "…", "。", "？", "！"}) {
    if (line.ends_with(end)) return line;
  }
  return line.empty() ? line : line + ".";
}

std::string SuccessText(const api::DiagnosisStatus& status, const std::string& duration) {
  std::string text = "Succeeded";
  if (!status.failed_paths.empty() && !status.succeeded_path.empty()) {
    text += " by its " + Ordinal(status.failed_paths.size() + 1) + " path (" +
            PathText(status.succeeded_path) + ")";
  }
  return text + " in " + duration + ".";
}

}  // namespace

std::vector<ServedPage> ServedPages(const api::DiagnosisStatus& status) {
  std::vector<ServedPage> pages;
  for (const auto& [key, value] : status.operation_results) {
    if (std::optional<ServedPage> page = PageOf(value)) pages.push_back(*std::move(page));
  }
  return pages;
}

std::string RunSentence(const api::Diagnosis& diagnosis, std::chrono::nanoseconds took,
                        bool serving) {
  const api::DiagnosisStatus& status = diagnosis.status;
  const std::string duration = FormatDuration(took);
  if (status.phase == api::Phase::kFailed) {
    return status.message.empty() ? "Failed in " + duration + "."
                                  : "Failed in " + duration + ": " + Sentence(status.message);
  }
  if (status.phase != api::Phase::kSucceeded) {
    return diagnosis.spec.suspend ? "Not run: spec.suspend is true." : "Not run.";
  }
  std::string text = SuccessText(status, duration);
  if (!serving) return text;
  const std::vector<ServedPage> pages = ServedPages(status);
  for (const ServedPage& page : pages) {
    text += " Visit " + page.url;
    if (page.expires) text += " (expires in " + FormatDuration(*page.expires) + ")";
    text += ".";
  }
  if (pages.empty()) text += " An operation goes on serving.";
  return text + " Ctrl-C ends it.";
}

}  // namespace kubediag::cli
