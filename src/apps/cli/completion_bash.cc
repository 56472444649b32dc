#include <fmt/format.h>

#include "apps/cli/completion.h"

namespace moldau::apps {
namespace {

constexpr std::string_view head = R"(# bash completion for moldau, made by `moldau completion bash`.

# Names of topics or groups of the cluster that the command line or $MOLDAU_BOOTSTRAP names.
_moldau_names() {
  local bootstrap=()
  if [[ $COMP_LINE =~ --bootstrap(-server)?[=\ ]+([^\ ]+) ]]; then
    bootstrap=(--bootstrap "${BASH_REMATCH[2]}")
  fi
  moldau "$1" list --timeout 1000 "${bootstrap[@]}" 2>/dev/null | tail -n +2 | cut -d ' ' -f 1
}

_moldau() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local path=moldau words='' kind='' i
  # The words of --option=value come as three.
  if [[ $word == '=' ]]; then word=''; fi
  if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
)";

constexpr std::string_view tail = R"(  esac
  case $kind in
    topics) words=$(_moldau_names topic) ;;
    groups) words=$(_moldau_names group) ;;
    files)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _moldau moldau
)";

/// What to offer: "words='a b'", "kind=files"; nothing for what only the user knows.
std::string offer(const OptionDoc& option) {
  switch (completes(option)) {
    case Completes::choices:
      return fmt::format("words='{}'", fmt::join(option.choices(), " "));
    case Completes::files:
      return "kind=files";
    case Completes::topics:
      return "kind=topics";
    case Completes::groups:
      return "kind=groups";
    case Completes::nothing:
      break;
  }
  return ":";
}

void add_paths(std::string& script, const CommandDoc& command) {
  for (const auto& one : command.commands) {
    script += fmt::format("      '{}') path+=\" ${{COMP_WORDS[i]}}\" ;;\n", one.path);
    add_paths(script, one);
  }
}

void add_values(std::string& script, const CommandDoc& command) {
  for (const auto& option : command.options) {
    if (option.is_flag()) continue;
    for (const auto& name : option.names) {
      script += fmt::format("    '{} {}') {} ;;\n", command.path, name, offer(option));
    }
  }
  for (const auto& one : command.commands) add_values(script, one);
}

void add_words(std::string& script, const CommandDoc& command) {
  std::vector<std::string> options;
  std::vector<std::string> commands;
  for (const auto& option : command.options) {
    options.insert(options.end(), option.names.begin(), option.names.end());
  }
  commands.reserve(command.commands.size());
  for (const auto& one : command.commands) commands.push_back(one.name);
  const auto argument = command.arguments.empty()
                            ? fmt::format("words='{}'", fmt::join(commands, " "))
                            : offer(command.arguments[0]);
  script += fmt::format("        '{}') if [[ $word == -* ]]; then words='{}'; else {}; fi ;;\n",
                        command.path, fmt::join(options, " "), argument);
  for (const auto& one : command.commands) add_words(script, one);
}

}  // namespace

std::string bash_completion(const CommandDoc& program) {
  std::string script(head);
  add_paths(script, program);
  script += "    esac\n  done\n  case \"$path $before\" in\n";
  add_values(script, program);
  script += "    *)\n      case $path in\n";
  add_words(script, program);
  script += "      esac\n      ;;\n";
  return script + std::string(tail);
}

}  // namespace moldau::apps
