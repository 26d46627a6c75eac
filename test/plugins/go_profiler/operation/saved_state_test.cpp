#include "plugins/go_profiler/operation/saved_state.h"

#include <gtest/gtest.h>

#include "plugins/fetch/records.h"

namespace kubediag::go_profiler {
namespace {

TEST(SavedState, SurvivesItsEncoding) {
  const SavedState state{
      .expiry = std::chrono::system_clock::time_point(std::chrono::seconds(1795000000)),
      .file_name = "default.go-profiler.Heap.prof",
      .source = "https://10.0.2.15:6443",
      .node = "host-1",
      .diagnosis = "default/go-profiler",
      .profile_type = "Heap"};
  const auto decoded = DecodeState(EncodeState(state));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(EncodeState(*decoded), EncodeState(state));
  EXPECT_EQ(decoded->expiry, state.expiry);
  EXPECT_EQ(decoded->diagnosis, "default/go-profiler");
}

TEST(SavedState, WithoutFileItIsRefused) {
  std::string bytes;
  fetch::AppendRecord(bytes, "expiry", "1");
  fetch::AppendEnd(bytes);
  EXPECT_FALSE(DecodeState(bytes).ok());
}

TEST(SavedState, WhatALaterVersionAddsIsIgnored) {
  std::string bytes;
  fetch::AppendRecord(bytes, "file_name", "x");
  fetch::AppendRecord(bytes, "colour", "blue");
  fetch::AppendEnd(bytes);
  EXPECT_TRUE(DecodeState(bytes).ok());
}

}  // namespace
}  // namespace kubediag::go_profiler
