// Files of the tree that tests of the profiler read: the recordings, and defects written in hex.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace kubediag::testing {

inline std::vector<uint8_t> ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::filesystem::path RecordingsFolder() {
  return std::filesystem::path(KUBEDIAG_SOURCE_DIR) / "plugins/go_profiler/demo/recordings";
}
inline std::vector<uint8_t> ReadRecording(const std::string& name) {
  return ReadBytes(RecordingsFolder() / (name + ".pb.gz"));
}

// A file of lines "# key: value" and hexadecimal bytes.
struct HexFile {
  std::string code;
  std::string says;
  std::vector<uint8_t> bytes;
};

inline HexFile ReadHexFile(const std::filesystem::path& path) {
  HexFile file;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# code: ")) {
      file.code = line.substr(8);
    } else if (line.starts_with("# says: ")) {
      file.says = line.substr(8);
    } else {
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        file.bytes.push_back(static_cast<uint8_t>(std::stoi(word, nullptr, 16)));
      }
    }
  }
  return file;
}

}  // namespace kubediag::testing
