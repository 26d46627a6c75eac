// What a viewer is told when it starts. Plain data.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/http/server.h"

namespace kubediag::viewer {

struct ViewerOptions {
  // The path segment all routes live under: 32 lower-case hexadecimal characters nobody can guess.
  std::string capability;
  // Host names admitted besides IP literals and localhost.
  std::vector<std::string> host_names;
  std::chrono::system_clock::time_point expiry;
  // Texts of the page's head; empty ones are left out.
  std::string source;        // "https://10.0.2.15:6443"
  std::string node;          // name of the node
  std::string diagnosis;     // "namespace/name"
  std::string profile_type;  // "Heap"
  std::string file_name;     // what a download is called
  http::ServerOptions http;
};

}  // namespace kubediag::viewer
