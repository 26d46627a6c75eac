// Trees of folders to be measured or removed.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "engine/core/file.h"
#include "engine/diagnosis/remove_tree.h"

namespace kubediag::diagnosis {

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    std::string pattern = testing::TempDir() + "kubediag-tree-XXXXXX";
    root_ = mkdtemp(pattern.data());
    fd_ = OpenDirectory(root_).value();
  }
  ~TreeTest() override {
    std::error_code ignored;
    if (std::filesystem::exists(root_ / "tree")) (void)Remove("tree");  // no path reaches it all
    std::filesystem::remove_all(root_, ignored);
  }
  Status Remove(const std::string& name) { return RemoveTree(fd_.get(), name, {}); }
  static UniqueFd Enter(int parent, const std::string& name) {
    EXPECT_EQ(mkdirat(parent, name.c_str(), 0700), 0) << name;
    return OpenAt(parent, name, O_RDONLY | O_DIRECTORY).value();
  }
  // "tree" and `depth` folders beneath each other; in each, and in the last, `siblings` more.
  // The last one is returned.
  UniqueFd MakeDeepTree(int depth, int siblings = 0, size_t name_bytes = 20) const {
    UniqueFd at = Enter(fd_.get(), "tree");
    for (int level = 0;; ++level) {
      for (int i = 0; i < siblings; ++i) {
        const std::string sibling = std::to_string(i) + std::string(name_bytes - 1, 's');
        EXPECT_EQ(mkdirat(at.get(), sibling.c_str(), 0700), 0);
      }
      if (level == depth) return at;
      at = Enter(at.get(), std::string(name_bytes, 'd'));
    }
  }

  std::filesystem::path root_;
  UniqueFd fd_;
};

// The process may have `limit` descriptors, until this is destroyed.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t limit) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit few{.rlim_cur = limit, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace kubediag::diagnosis
