// Finds the largest files below a folder: parameters, a whole list as artifact, a short text as
// result.
#include <kubediag/operation.h>
#include <kubediag/posix.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxLimit = 100'000;
constexpr size_t kNamedInResult = 5;
constexpr size_t kEntriesBetweenChecks = 256;

struct File {
  uintmax_t bytes;
  std::string path;

  bool operator<(const File& other) const {  // the largest first, and the same order every time
    return bytes != other.bytes ? bytes > other.bytes : path < other.path;
  }
};

struct Findings {
  std::vector<File> largest;  // a heap while looking, sorted in the end
  uintmax_t files = 0;
  uintmax_t bytes = 0;
};

// Results are UTF-8 text in one line; file names are any bytes.
std::string Printable(const std::string& path) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7F && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

class LargestFiles : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    using kubediag::Parameter;
    return kubediag::Declaration("largest-files")
        .Version("1.0")
        .Doc("Finds the largest files below a folder.")
        .Repeatable()
        .Timeout(std::chrono::minutes(5))
        .ArtifactFolder("examples/largest_files")
        .Add(Parameter::Text("largest_files.folder")
                 .Required()
                 .Doc("Where to look; links are not followed.")
                 .Violation("largest_files.folder must name a folder of the node"))
        .Add(Parameter::Integer("largest_files.limit")
                 .Default("100")
                 .Minimum(1)
                 .Maximum(kMaxLimit)
                 .Doc("How many to list."))
        .Add(Parameter::Choice("largest_files.unit", {"B", "KiB", "MiB"})
                 .Default("MiB")
                 .Doc("Unit of the sizes."));
  }

  kubediag::Outcome Run(kubediag::Job& job) override {
    const std::string folder(job.parameters().Text("largest_files.folder"));
    const int64_t limit = job.parameters().Integer("largest_files.limit");
    const Findings found = Look(job, folder, static_cast<size_t>(limit));
    const std::string_view unit = job.parameters().Text("largest_files.unit");

    std::string list;
    std::string summary;
    for (size_t i = 0; i < found.largest.size(); ++i) {
      const std::string line =
          Size(found.largest[i].bytes, unit) + "\t" + Printable(found.largest[i].path) + "\n";
      list += line;
      if (i < kNamedInResult) summary += line;
    }
    kubediag::WriteArtifact(job, "largest_files.list", "largest_files.tsv", list);
    job.Emit("largest_files.largest", summary);
    job.Emit("largest_files.total",
             Size(found.bytes, unit) + " in " + std::to_string(found.files) + " files");
    return kubediag::Outcome::Success();
  }

 private:
  static Findings Look(kubediag::Job& job, const std::string& folder, size_t limit) {
    Findings found;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                           error);
    if (error) throw kubediag::Failure("FolderNotReadable", folder + ": " + error.message());
    size_t entries = 0;
    for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (++entries % kEntriesBetweenChecks == 0 && job.Cancelled()) {
        throw kubediag::Failure("Cancelled", "stopped while looking", KUBEDIAG_CANCELLED);
      }
      const bool is_file = entry->symlink_status(error).type() == fs::file_type::regular;
      const uintmax_t bytes = is_file ? entry->file_size(error) : 0;
      if (!is_file || error) continue;  // a folder, or a file that has just vanished
      ++found.files;
      found.bytes += bytes;
      found.largest.push_back({bytes, entry->path().string()});
      std::push_heap(found.largest.begin(), found.largest.end());
      if (found.largest.size() <= limit) continue;
      std::pop_heap(found.largest.begin(), found.largest.end());
      found.largest.pop_back();
    }
    if (error) job.Warning("stopped early in " + Printable(folder) + ": " + error.message());
    std::sort_heap(found.largest.begin(), found.largest.end());
    return found;
  }

  static std::string Size(uintmax_t bytes, std::string_view unit) {
    const uintmax_t divisor = unit == "B" ? 1 : unit == "KiB" ? 1024 : 1024 * 1024;
    std::string text = std::to_string(bytes / divisor);
    if (divisor > 1) text += "." + std::to_string(bytes % divisor * 10 / divisor);
    return text + " " + std::string(unit);
  }
};

}  // namespace

KUBEDIAG_OPERATION(LargestFiles);
