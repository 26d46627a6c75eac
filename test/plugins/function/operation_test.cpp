#include "plugins/function/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kubediag/fake_host.h>

#include <filesystem>
#include <string>

namespace kubediag::function_runner {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class FunctionTest : public ::testing::Test {
 protected:
  FakeRun Run(const std::string& source) {
    return host_.Setting("name", "mine").Setting("code_source/function.py", source).Run("function");
  }
  FakeHost host_;
};

TEST_F(FunctionTest, TheReturnedDictIsTheResult) {
  host_.Setting("runtime", "Python3").Parameter("who", "Ada é");
  const FakeRun run =
      Run("def handler(context):\n    return {'greeting': 'Hi ' + context['who']}\n");
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_THAT(run.results, UnorderedElementsAre(Pair("greeting", "Hi Ada é")));
}

TEST_F(FunctionTest, OtherFilesCanBeImportedAndNoneIsLeft) {
  host_.Setting("code_source/words.py", "GREETING = 'Hello'\n");
  const FakeRun run =
      Run("import words, os\n"
          "def handler(context):\n"
          "    data = open(os.path.join(os.path.dirname(__file__), 'words.py')).read()\n"
          "    return {'greeting': words.GREETING, 'read': data}\n");
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_EQ(run.results.at("greeting"), "Hello");
  EXPECT_EQ(run.results.at("read"), "GREETING = 'Hello'\n");
  EXPECT_TRUE(std::filesystem::is_empty(host_.artifact_path()));
}

TEST_F(FunctionTest, AFailureQuotesTheVeryEndOfWhatWasCut) {
  const FakeRun run =
      Run("import os, sys\n"
          "def handler(context):\n"
          "    sys.stderr.write('noise\\n' * 400000 + 'THE-REAL-ERROR\\n')\n"
          "    sys.stderr.flush()\n"
          "    os._exit(7)\n");
  EXPECT_EQ(run.reason, "FunctionFailed");
  EXPECT_THAT(run.message, ::testing::EndsWith("noise; THE-REAL-ERROR"));
}

TEST_F(FunctionTest, WhatItPrintedIsMarkedIfItWasCut) {
  const FakeRun run = Run("def handler(context):\n    print('x' * 100000)\n    return {}\n");
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  ASSERT_FALSE(run.log.empty());
  EXPECT_THAT(run.log.back().text, HasSubstr("printed: …x"));
}

TEST_F(FunctionTest, PrintsCannotCorruptTheResult) {
  const FakeRun run =
      Run("import os, sys\n"
          "def handler(context):\n"
          "    print('{\"greeting\": \"forged\"}')\n"
          "    os.write(1, b'R{}')\n"
          "    print('aside', file=sys.stderr)\n"
          "    return {'greeting': 'true'}\n");
  ASSERT_TRUE(run.ok()) << run.reason << ": " << run.message;
  EXPECT_THAT(run.results, UnorderedElementsAre(Pair("greeting", "true")));
  ASSERT_EQ(run.log.size(), 2U);
  EXPECT_THAT(run.log[0].text, HasSubstr("function mine printed"));
  EXPECT_THAT(run.log[1].text, HasSubstr("aside"));
}

TEST_F(FunctionTest, WritingOverTheResultIsFoundOut) {
  EXPECT_EQ(Run("import os\n"
                "def handler(context):\n"
                "    os.write(4, b'junk')\n"
                "    return {}\n")
                .reason,
            "FunctionFailed");
  EXPECT_EQ(Run("import os\n"
                "def handler(context):\n"
                "    os.write(4, b'EForged\\nmessage')\n"
                "    return {}\n")
                .reason,
            "FunctionResultInvalid");
}

struct FailingCase {
  const char* source;
  const char* reason;
  const char* message;
};
class FailingFunction : public FunctionTest, public ::testing::WithParamInterface<FailingCase> {};
TEST_P(FailingFunction, SaysWhyAndWhere) {
  const FakeRun run = Run(GetParam().source);
  EXPECT_EQ(run.reason, GetParam().reason);
  EXPECT_EQ(run.message, std::string("function mine") + GetParam().message);
  EXPECT_TRUE(run.results.empty());
}
INSTANTIATE_TEST_SUITE_P(
    Table, FailingFunction,
    ::testing::Values(
        FailingCase{"def handler(context):\n    return 1 / 0\n", "FunctionFailed",
                    ": ZeroDivisionError: division by zero (function.py:2)"},
        FailingCase{"def handler(context):\n    return context['absent']\n", "FunctionFailed",
                    ": KeyError: 'absent' (function.py:2)"},
        FailingCase{"import sys\ndef handler(context):\n    sys.exit(3)\n", "FunctionFailed",
                    ": SystemExit: 3 (function.py:3)"},
        FailingCase{"import no_such_module\n", "FunctionFailed",
                    ": ModuleNotFoundError: No module named 'no_such_module' (function.py:1)"},
        FailingCase{"x = 1\n", "FunctionFailed",
                    ": AttributeError: module 'function' has no attribute 'handler'"},
        FailingCase{"def handler(context):\n    return [1]\n", "FunctionResultInvalid",
                    ": it returned list, not a dict of strings"},
        FailingCase{"def handler(context):\n    return {'a': 1}\n", "FunctionResultInvalid",
                    ": its result 'a' is int, not a string"},
        FailingCase{"x = 1\ndef handler(context)\n    return {}\n", "FunctionFailed",
                    ": SyntaxError: expected ':' (function.py:2)"},
        FailingCase{"def handler(context):\nreturn {}\n", "FunctionFailed",
                    ": IndentationError: expected an indented block after function definition on "
                    "line 1 (function.py:2)"},
        FailingCase{"def handler(context):\n    return {'a': 'x\\ud800'}\n",
                    "FunctionResultInvalid",
                    ": the value of its result 'a' holds half a character ('\\ud800'): a lone "
                    "surrogate, which no text may hold"},
        FailingCase{"def handler(context):\n    return {'\\udc80': 'x'}\n", "FunctionResultInvalid",
                    ": the key of its result '\\udc80' holds half a character ('\\udc80'): a lone "
                    "surrogate, which no text may hold"},
        FailingCase{"import os\ndef handler(context):\n    os._exit(7)\n", "FunctionFailed",
                    " ended with exit status 7 without a result"},
        FailingCase{"import os\ndef handler(context):\n    os.kill(os.getpid(), 11)\n",
                    "FunctionFailed", " ended with signal 11 without a result"}));

TEST_F(FunctionTest, NoneIsAnEmptyResult) {
  const FakeRun run = Run("def handler(context):\n    pass\n");
  EXPECT_TRUE(run.ok()) << run.message;
  EXPECT_TRUE(run.results.empty());
}

TEST_F(FunctionTest, TheDeadlineEndsIt) {
  host_.Timeout(std::chrono::milliseconds(500));
  EXPECT_EQ(Run("def handler(context):\n    while True: pass\n").reason, "OperationTimeout");
}

TEST_F(FunctionTest, AParameterMapOfManyMegabytesArrives) {
  host_.Parameter("big", std::string(8 << 20, 'x'));
  const FakeRun run = Run("def handler(context):\n    return {'n': str(len(context['big']))}\n");
  ASSERT_TRUE(run.ok()) << run.message;
  EXPECT_EQ(run.results.at("n"), "8388608");
}

class BadFileName : public FunctionTest, public ::testing::WithParamInterface<const char*> {};
TEST_P(BadFileName, IsRefused) {
  host_.Setting(std::string("code_source/") + GetParam(), "");
  const FakeRun run = Run("def handler(context):\n    return {}\n");
  EXPECT_EQ(run.reason, "CodeSourceInvalid");
}
INSTANTIATE_TEST_SUITE_P(Table, BadFileName,
                         ::testing::Values("", "..", "../x.py", "/etc/x", "a/b.py", ".hidden",
                                           "blank name.py"));

TEST_F(FunctionTest, WithoutFunctionPyTheFilesAreListed) {
  const FakeRun run = host_.Setting("code_source/main.py", "").Run("function");
  EXPECT_EQ(run.reason, "CodeSourceInvalid");
  EXPECT_THAT(run.message, HasSubstr("no function.py (it has main.py)"));
}

TEST_F(FunctionTest, AnUnknownRuntimeIsNamed) {
  host_.Setting("runtime", "golang-http");
  EXPECT_EQ(Run("").reason, "RuntimeUnknown");
}

}  // namespace
}  // namespace kubediag::function_runner
