// ChangeRecorder: a WatchHandler that writes down what it is told, and demands that it makes sense.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/kube/reflector.h"
#include "engine/kube/resource_version.h"

namespace kubediag::kube {

class ChangeRecorder : public WatchHandler {
 public:
  void OnChange(const Change& change) override {
    constexpr std::string_view kTypes[] = {"added", "updated", "removed"};
    constexpr std::string_view kCauses[] = {"", " deleted", " not listed", " replaced",
                                            " not selected"};
    const api::ObjectMeta& metadata = change.object->metadata();
    if (keeps_texts) {
      texts.push_back(std::string(kTypes[static_cast<size_t>(change.type)]) + " " + metadata.uid +
                      "@" + metadata.resource_version +
                      std::string(kCauses[static_cast<size_t>(change.cause)]));
    }
    ++count;
    Follow(change, metadata);
  }
  void OnSynced() override {
    ++syncs;
    if (keeps_texts) texts.emplace_back("synced");
  }

  std::vector<std::string> texts;
  std::map<std::string, std::string> versions;  // by uid, of what is there
  size_t count = 0;
  int syncs = 0;
  bool keeps_texts = true;
  bool may_go_back = false;

 private:
  // What is added was not there; what is updated or removed was, and it does not go back.
  void Follow(const Change& change, const api::ObjectMeta& metadata) {
    const auto known = versions.find(metadata.uid);
    if (change.type == ChangeType::kAdded) {
      EXPECT_EQ(known, versions.end()) << metadata.uid << " added twice";
      EXPECT_EQ(change.previous, nullptr);
      versions[metadata.uid] = metadata.resource_version;
      return;
    }
    ASSERT_NE(known, versions.end()) << metadata.uid << " was not there";
    EXPECT_EQ(change.previous->metadata().resource_version, known->second);
    if (change.type == ChangeType::kRemoved) {
      versions.erase(known);
      return;
    }
    EXPECT_TRUE(may_go_back || !IsOldNews(metadata.resource_version, known->second))
        << metadata.uid << " went from " << known->second << " to " << metadata.resource_version;
    known->second = metadata.resource_version;
  }
};

}  // namespace kubediag::kube
