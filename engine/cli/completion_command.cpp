#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/cli/commands.h"
#include "engine/cli/common_options.h"
#include "engine/cli/exit_status.h"

namespace kubediag::cli {
namespace {

// The scripts are made from the command line's own description, so they cannot fall behind it.

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

// "yaml|json|wide" → its words, unless it is a placeholder.
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type.find('|') == std::string::npos || type != CLI::detail::to_lower(type)) return {};
  return CLI::detail::split(type, '|');
}

std::string BashScript(const CLI::App& app) {
  std::string script =
      "_kubediag() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      Join(SubcommandNames(app)) +
      "\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${COMP_WORDS[1]} $before\" in\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    for (const CLI::Option* option : command->get_options()) {
      const std::vector<std::string> choices = ChoicesOf(*option);
      if (choices.empty()) continue;
      std::string pattern;
      for (const std::string& name : option->get_snames()) {
        pattern += "'" + command->get_name() + " -" + name + "'|";
      }
      for (const std::string& name : option->get_lnames()) {
        pattern += "'" + command->get_name() + " --" + name + "'|";
      }
      if (pattern.empty()) pattern = "'" + command->get_name() + " " + command->get_name() + "'|";
      pattern.pop_back();
      script += "    " + pattern + ") COMPREPLY=($(compgen -W \"" + Join(choices) +
                "\" -- \"$word\")); return ;;\n";
    }
  }
  script +=
      "  esac\n"
      "  case \"$word\" in\n"
      "    -*)\n"
      "      case \"${COMP_WORDS[1]}\" in\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    script += "        " + command->get_name() + ") COMPREPLY=($(compgen -W \"" +
              Join(OptionNames(*command)) + "\" -- \"$word\")) ;;\n";
  }
  script +=
      "      esac ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
      "  esac\n"
      "}\n"
      "complete -o filenames -F _kubediag kubediag\n";
  return script;
}

std::string QuotedForZsh(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += std::string("\\") + c;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

constexpr char kNextArgument[] = " \\\n        ";

std::string ZshArgument(const CLI::Option& option) {
  std::string value;
  if (option.get_items_expected_max() > 0) {
    const std::vector<std::string> choices = ChoicesOf(option);
    value = ":value:" + (choices.empty() ? std::string("_files") : "(" + Join(choices) + ")");
  }
  const std::string about = "[" + QuotedForZsh(option.get_description()) + "]" + value;
  std::string arguments;
  for (const std::string& name : option.get_snames()) {
    arguments.append(kNextArgument).append("'*-").append(name).append(about).append("'");
  }
  for (const std::string& name : option.get_lnames()) {
    arguments.append(kNextArgument).append("'*--").append(name).append(about).append("'");
  }
  if (arguments.empty()) arguments = kNextArgument + ("'1" + value + "'");
  return arguments;
}

std::string ZshScript(const CLI::App& app) {
  std::string script =
      "#compdef kubediag\n"
      "_kubediag() {\n"
      "  local -a commands=(\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    script +=
        "    '" + command->get_name() + ":" + QuotedForZsh(command->get_description()) + "'\n";
  }
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $words[1] in\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    script += "    " + command->get_name() + ")\n      _arguments";
    for (const CLI::Option* option : command->get_options()) script += ZshArgument(*option);
    script += "\n      ;;\n";
  }
  script +=
      "  esac\n"
      "}\n"
      "compdef _kubediag kubediag\n";
  return script;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, int& status) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "The shell")
      ->type_name("bash|zsh")
      ->required()
      ->check([](const std::string& name) {
        return name == "bash" || name == "zsh" ? std::string() : name + " is none of bash|zsh";
      });
  command->footer(
      "Examples:\n"
      "  source <(kubediag completion bash)\n"
      "  kubediag completion zsh > ~/.zfunc/_kubediag");
  command->callback([shell, &app, &status] {
    const bool printed = Print(*shell == "bash" ? BashScript(app) : ZshScript(app));
    status = printed ? kExitSuccess : kExitFailure;
  });
}

}  // namespace kubediag::cli
