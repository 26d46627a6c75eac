// A test that runs the program in a folder of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "test/engine/catalog/folders.h"
#include "test/engine/cli/kubediag_process.h"

namespace kubediag::cli {

class KubediagTest : public testing::Test {
 protected:
  // `command` with what every call needs: the test's own data root and operations.
  KubediagProcess::Setup Command(std::vector<std::string> command) const {
    KubediagProcess::Setup setup;
    setup.arguments = std::move(command);
    for (const std::string& argument :
         {std::string("--data-root"), folders_.Path("data"), std::string("--operations-dir"),
          std::string(KUBEDIAG_TEST_OPERATIONS)}) {
      setup.arguments.push_back(argument);
    }
    setup.directory = folders_.Path("");
    return setup;
  }
  KubediagProcess::Setup RunCommand(std::vector<std::string> options) const {
    options.insert(options.begin(), "run");
    KubediagProcess::Setup setup = Command(std::move(options));
    for (const char* argument : {"--node-name", "node-1", "--viewer-ports", "0"}) {
      setup.arguments.emplace_back(argument);
    }
    return setup;
  }

  // An OperationSet `name` that runs `operations` one after the other.
  static std::string Chain(const std::string& name, const std::vector<std::string>& operations) {
    std::string text =
        "apiVersion: diagnosis.kubediag.org/v1\nkind: OperationSet\nmetadata:\n  name: " + name +
        "\nspec:\n  adjacencyList:\n  - id: 0\n    to: [1]\n";
    for (size_t i = 0; i < operations.size(); ++i) {
      text += "  - id: " + std::to_string(i + 1) + "\n    operation: " + operations[i] + "\n";
      if (i + 1 < operations.size()) text += "    to: [" + std::to_string(i + 2) + "]\n";
    }
    return text + "---\n";
  }
  static std::string Diagnosis(const std::string& name, const std::string& set,
                               const std::string& parameters = "") {
    return "apiVersion: diagnosis.kubediag.org/v1\nkind: Diagnosis\nmetadata:\n  name: " + name +
           "\nspec:\n  operationSet: " + set + "\n  nodeName: node-1\n" +
           (parameters.empty() ? "" : "  parameters:\n    " + parameters + "\n") + "---\n";
  }

  // Without what differs from run to run.
  static std::string Plain(std::string text) {
    const std::vector<std::pair<std::regex, std::string>> rules = {
        {std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"), "TIME"},
        {std::regex(R"(\d+\.\d+ s)"), "DURATION"},
        {std::regex(R"(127\.0\.0\.1:\d+/[0-9a-f]{32}/)"), "PAGE"},
        {std::regex(R"(node-1_[0-9a-f]+)"), "INSTANCE"},
        {std::regex(R"(operationSetHash: \S+)"), "operationSetHash: HASH"}};
    for (const auto& [pattern, word] : rules) text = std::regex_replace(text, pattern, word);
    return text;
  }

  catalog::Folders folders_;
};

}  // namespace kubediag::cli
