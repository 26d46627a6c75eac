#include "plugins/go_profiler/report/go_path.h"

#include <algorithm>

namespace kubediag::report {

std::string CleanPath(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::string out(rooted ? "/" : "");
  const size_t root = out.size();
  size_t fixed = root;  // what a ".." must not remove
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view element = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (element.empty() || element == ".") continue;
    if (element == "..") {
      if (out.size() > fixed) {
        const size_t cut = out.rfind('/');
        out.resize(cut == std::string::npos || cut < fixed ? fixed : cut);
      } else if (!rooted) {
        if (!out.empty()) out += '/';
        out += "..";
        fixed = out.size();
      }
      continue;
    }
    if (out.size() > root) out += '/';
    out += element;
  }
  return out.empty() ? "." : out;
}

std::string_view BaseName(std::string_view path) {
  if (path.empty()) return ".";
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return "/";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace kubediag::report
