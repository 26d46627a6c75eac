// A temporary tree of folders for one test, removed at its end.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace kubediag::catalog {

class Folders {
 public:
  Folders() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/kubediag-test.XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~Folders() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;

  std::string Path(const std::string& relative) const { return root_ + "/" + relative; }

  std::string Make(const std::string& relative) const {
    std::filesystem::create_directories(Path(relative));
    chmod(Path(relative).c_str(), 0755);
    return Path(relative);
  }

  // Written in place, as `cp` does.
  std::string Write(const std::string& relative, const std::string& content) const {
    std::ofstream(Path(relative), std::ios::trunc) << content;
    chmod(Path(relative).c_str(), 0644);
    return Path(relative);
  }

 private:
  std::string root_;
};

}  // namespace kubediag::catalog
