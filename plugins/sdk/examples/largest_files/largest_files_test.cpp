#undef NDEBUG
#include <kubediag/fake_host.h>

#include <cassert>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

void Write(const std::filesystem::path& path, size_t bytes) {
  std::ofstream(path) << std::string(bytes, 'x');
}

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main() {
  kubediag::FakeHost host;
  assert(host.Run("largest-files").reason == "MissingParameter");
  assert(host.Run("largest-files").message ==
         "largest_files.folder must name a folder of the node");

  // The folder of the run just refused is as good as any.
  const std::filesystem::path folder = std::filesystem::path(host.artifact_path()) / "looked_at";
  std::filesystem::create_directories(folder / "deep");
  Write(folder / "small", 10);
  Write(folder / "deep" / "large\n", 2048);
  Write(folder / "medium", 1536);
  std::filesystem::create_symlink(folder / "small", folder / "link");

  host.Parameter("largest_files.folder", folder.string());
  host.Parameter("largest_files.limit", "2").Parameter("largest_files.unit", "KiB");
  const kubediag::FakeRun run = host.Run("largest-files");
  const std::string expected = "2.0 KiB\t" + (folder / "deep" / "large").string() +
                               "\\x0a\n1.5 KiB\t" + (folder / "medium").string() + "\n";
  assert(run.ok());
  assert(run.results.at("largest_files.largest") == expected);
  assert(run.results.at("largest_files.total") == "3.5 KiB in 3 files");
  assert(run.artifacts.size() == 1 && run.artifacts[0].key == "largest_files.list");
  assert(Read(host.artifact_path() + "/" + run.artifacts[0].path) == expected);

  host.Parameter("largest_files.unit", "GiB");
  assert(host.Run("largest-files").reason == "InvalidParameter");
  host.Parameter("largest_files.unit", "B").Parameter("largest_files.limit", "0");
  assert(host.Run("largest-files").message == "largest_files.limit must be from 1 to 100000");
  host.Parameter("largest_files.limit", "1");
  host.Parameter("largest_files.folder", (folder / "absent").string());
  assert(host.Run("largest-files").reason == "FolderNotReadable");
}
