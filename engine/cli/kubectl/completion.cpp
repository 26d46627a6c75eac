#include "engine/cli/kubectl/completion.h"

#include <CLI/CLI.hpp>
#include <string_view>

namespace kubediag::cli {
namespace {

// Cobra's words for the shell.
constexpr char kWithFiles[] = ":0\n";
constexpr char kWithoutFiles[] = ":4\n";

void Offer(std::string& text, const std::string& word, const std::string& about,
           std::string_view typed) {
  if (!word.starts_with(typed)) return;
  text += word;
  if (!about.empty()) text += "\t" + about.substr(0, about.find('\n'));
  text += "\n";
}

const CLI::App* CommandOf(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// The option of that name that takes a value.
const CLI::Option* ValuedOption(const CLI::App& command, const std::string& name) {
  const CLI::Option* option = name.starts_with('-') ? command.get_option_no_throw(name) : nullptr;
  return option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
}

// "yaml|json|wide" is a choice, "FILE" a file, anything else is the user's own.
std::string Values(const CLI::Option& option, std::string_view typed) {
  const std::string type = option.get_type_name();
  if (type.find("FILE") != std::string::npos) return kWithFiles;
  std::string text;
  if (type.find('|') != std::string::npos && type.find('=') == std::string::npos) {
    for (const std::string& choice : CLI::detail::split(type, '|')) Offer(text, choice, "", typed);
  }
  return text + kWithoutFiles;
}

}  // namespace

std::string KubectlCompletions(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  std::string text;
  if (words.size() < 2) {
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
      Offer(text, command->get_name(), command->get_description(), typed);
    }
    return text + kWithoutFiles;
  }
  const CLI::App* command = CommandOf(app, words.front());
  if (command == nullptr) return kWithoutFiles;
  const CLI::Option* valued = ValuedOption(*command, words[words.size() - 2]);
  if (valued != nullptr) return Values(*valued, typed);
  if (!typed.starts_with('-')) return kWithoutFiles;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      Offer(text, "--" + name, option->get_description(), typed);
    }
  }
  return text + kWithoutFiles;
}

}  // namespace kubediag::cli
