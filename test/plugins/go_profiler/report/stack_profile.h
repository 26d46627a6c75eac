// Profiles for tests from stacks written as text.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "plugins/go_profiler/profile/decode.h"
#include "test/plugins/go_profiler/support/proto_writer.h"

namespace kubediag::testing {

struct StackSample {
  // Root first; "caller>callee" is one location with callee inlined into caller, "?" one without
  // lines.
  std::string stack;
  int64_t value;
};

// One sample type, "cpu" in milliseconds; functions are in file "NAME.go".
inline profile::Profile ProfileOf(const std::vector<StackSample>& samples) {
  std::vector<std::string> strings{"", "cpu", "milliseconds"};
  std::map<std::string, uint64_t> functions;
  std::map<std::string, uint64_t> locations;
  ProtoWriter out;
  out.Message(1, ProtoWriter().Number(1, 1).Number(2, 2));
  const auto function = [&](const std::string& name) {
    const auto [at, is_new] = functions.try_emplace(name, functions.size() + 1);
    if (is_new) {
      strings.push_back(name);
      strings.push_back(name + ".go");
      out.Message(5, ProtoWriter()
                         .Number(1, at->second)
                         .Number(2, strings.size() - 2)
                         .Number(3, strings.size() - 2)
                         .Number(4, strings.size() - 1));
    }
    return at->second;
  };
  const auto location = [&](const std::string& text) {
    const auto [at, is_new] = locations.try_emplace(text, locations.size() + 1);
    if (is_new) {
      std::vector<std::string> names;
      std::istringstream parts(text);
      for (std::string name; std::getline(parts, name, '>');) names.insert(names.begin(), name);
      ProtoWriter message;
      message.Number(1, at->second);
      for (const std::string& name : names) {
        if (name != "?") message.Message(4, ProtoWriter().Number(1, function(name)));
      }
      out.Message(4, message);
    }
    return at->second;
  };
  for (const StackSample& sample : samples) {
    std::vector<uint64_t> ids;
    std::istringstream words(sample.stack);
    for (std::string word; words >> word;) ids.insert(ids.begin(), location(word));
    out.Message(2, ProtoWriter().Packed(1, std::span<const uint64_t>(ids)).Signed(2, sample.value));
  }
  for (const std::string& s : strings) out.Bytes(6, s);
  Result<profile::Profile> made = profile::Parse(out.span());
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return *std::move(made);
}

}  // namespace kubediag::testing
