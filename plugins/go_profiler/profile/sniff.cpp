#include "plugins/go_profiler/profile/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string>
#include <string_view>

namespace kubediag::profile {
namespace {

using namespace std::string_view_literals;

constexpr size_t kSniffedBytes = 512;
constexpr size_t kQuotedBytes = 60;

struct Signature {
  std::string_view start;
  std::string_view what;
};

constexpr std::array kBinary = {
    Signature{"\x7f"
              "ELF"sv,
              "an ELF program or library"},
    Signature{"PK\x03\x04"sv, "a zip archive"},
    Signature{"\x28\xb5\x2f\xfd"sv, "zstd data (only gzip is read)"},
    Signature{"BZh"sv, "bzip2 data (only gzip is read)"},
    Signature{"\xfd"
              "7zXZ"sv,
              "xz data (only gzip is read)"},
    Signature{"PERFILE2"sv, "a perf.data file"},
};

// The first lines of the text forms that Go and gperftools write (?debug=1 and older).
constexpr std::array kLegacyText = {"heap profile:"sv,    "heap_v2/"sv,    "heapz_v2/"sv,
                                    "heapprofile"sv,      "growthz"sv,     "fragmentationz"sv,
                                    "--- contentionz "sv, "--- mutex:"sv,  "--- contention:"sv,
                                    "--- threadz "sv,     "--- Thread "sv, "--- heapz "sv};

std::string_view WithoutLeadingSpace(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

bool IsText(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
  });
}

bool IsLegacyText(std::string_view text) {
  for (std::string_view start : kLegacyText) {
    if (text.starts_with(start)) return true;
  }
  // "goroutine profile: total 12", and the same for every other count profile.
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.find(" profile: total ") != std::string_view::npos;
}

// Words 0, 3, 0 or 1 (gperftools: ProfileData), of 32 or 64 bits, in either byte order.
bool IsLegacyCpuBinary(std::span<const uint8_t> bytes) {
  for (const size_t word : {size_t{4}, size_t{8}}) {
    if (bytes.size() < 5 * word) continue;
    for (const bool little : {true, false}) {
      const auto small_word = [&](size_t i) -> unsigned {
        unsigned value = 0;
        for (size_t b = 0; b < word; ++b) {
          const uint8_t byte = bytes[i * word + b];
          const bool lowest = little ? b == 0 : b == word - 1;
          if (lowest) {
            value = byte;
          } else if (byte != 0) {
            return 256;
          }
        }
        return value;
      };
      if (small_word(0) == 0 && small_word(1) == 3 && small_word(2) <= 1) return true;
    }
  }
  return false;
}

std::string Quote(std::string_view text) {
  std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  const bool cut = line.size() > kQuotedBytes;
  std::string quoted(line.substr(0, kQuotedBytes));
  while (cut && !quoted.empty() && (static_cast<unsigned char>(quoted.back()) & 0xc0) == 0x80) {
    quoted.pop_back();  // no half characters
  }
  if (cut && !quoted.empty() && static_cast<unsigned char>(quoted.back()) >= 0xc0) {
    quoted.pop_back();
  }
  return '"' + quoted + (cut ? "…\"" : "\"");
}

}  // namespace

Status ExplainForeignBytes(std::span<const uint8_t> bytes) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kSniffedBytes));
  for (const Signature& signature : kBinary) {
    if (head.starts_with(signature.start)) {
      return Status::InvalidArgument("not a profile: this is " + std::string(signature.what));
    }
  }
  if (head.starts_with("go 1.") && head.substr(0, 16).find(" trace\0"sv) != head.npos) {
    return Status::InvalidArgument("not a profile: this is a Go execution trace");
  }
  if (IsLegacyCpuBinary(bytes)) {
    return Status::Unimplemented(
        "the old binary form of CPU profiles is not read; ask for the protobuf form");
  }
  if (!IsText(head)) return Status::Ok();
  const std::string_view text = WithoutLeadingSpace(head);
  if (text.empty()) return Status::InvalidArgument("not a profile: nothing but white space");
  if (IsLegacyText(text)) {
    return Status::Unimplemented("the old text form of profiles is not read (" + Quote(text) +
                                 "); ask for the protobuf form, without debug=1");
  }
  if (text.starts_with("goroutine ") && text.find('[') != text.npos) {
    return Status::InvalidArgument(
        "not a profile: this is a dump of goroutine stacks (debug=2); ask without debug=2");
  }
  if (text.starts_with('<')) {
    const bool html =
        StartsWithIgnoringCase(text, "<!doctype html") || StartsWithIgnoringCase(text, "<html") ||
        StartsWithIgnoringCase(text, "<head") || StartsWithIgnoringCase(text, "<body");
    return Status::InvalidArgument(std::string("not a profile: the answer looks like ") +
                                   (html ? "HTML" : "XML or HTML"));
  }
  if (text.starts_with('{') || text.starts_with('[')) {
    return Status::InvalidArgument("not a profile: the answer looks like JSON: " + Quote(text));
  }
  return Status::InvalidArgument("not a profile: the answer is text: " + Quote(text));
}

}  // namespace kubediag::profile
