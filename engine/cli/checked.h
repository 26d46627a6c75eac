// Checked: a check of ours in the shape CLI11 takes: the text of what is wrong, empty if right.
#pragma once

#include <string>

#include "engine/core/status.h"

namespace kubediag::cli {

template <typename Check>
auto Checked(Check check) {
  return [check](const std::string& text) -> std::string {
    const Status status = check(text);
    return status.ok() ? std::string() : status.message();
  };
}

}  // namespace kubediag::cli
