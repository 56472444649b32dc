#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "apps/cli/completion.h"

namespace moldau::apps {
namespace {

constexpr std::string_view head = R"zsh(#compdef moldau
# zsh completion for moldau, made by `moldau completion zsh`. Save it as _moldau in a directory of
# $fpath, or source it after compinit.

# Names of topics or groups of the cluster that the command line or $MOLDAU_BOOTSTRAP names.
_moldau_names() {
  local -a bootstrap names
  local name
  for name in --bootstrap --bootstrap-server; do
    [[ -n ${opt_args[$name]} ]] && bootstrap=(--bootstrap ${(Q)opt_args[$name]})
  done
  names=(${(f)"$(moldau $1 list --timeout 1000 $bootstrap 2>/dev/null |
      tail -n +2 | cut -d ' ' -f 1)"})
  compadd -a names
}

)zsh";

constexpr std::string_view tail = R"(if [[ ${funcstack[1]} == _moldau ]]; then
  _moldau "$@"
else
  compdef _moldau moldau
fi
)";

/// Inside single quotes, in a specification of _arguments or _describe: colons and brackets are
/// its own.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string function_name(const CommandDoc& command) {
  auto name = "_" + command.path;
  std::ranges::replace(name, ' ', '_');
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string action(const OptionDoc& option) {
  switch (completes(option)) {
    case Completes::choices:
      return fmt::format("({})", fmt::join(option.choices(), " "));
    case Completes::files:
      return "_files";
    case Completes::topics:
      // The blank in front keeps _arguments from putting options of its own before our word.
      return " _moldau_names topic";
    case Completes::groups:
      return " _moldau_names group";
    case Completes::nothing:
      break;
  }
  return " ";
}

/// The names of an option exclude each other unless it may be repeated.
void add_options(std::string& script, const CommandDoc& command) {
  for (const auto& option : command.options) {
    const auto before =
        option.many ? std::string("*") : fmt::format("({})", fmt::join(option.names, " "));
    const auto value = option.is_flag()
                           ? std::string()
                           : fmt::format(":{}:{}", escaped(option.value), action(option));
    for (const auto& name : option.names) {
      // "+": the value may follow at once or as the next word; "=": behind an equals sign, too.
      const auto joined = option.is_flag() ? "" : name.starts_with("--") ? "=" : "+";
      script +=
          fmt::format(" \\\n    '{}{}{}[{}]{}'", before, name, joined, escaped(option.what), value);
    }
  }
}

void add_function(std::string& script, const CommandDoc& command) {
  script += function_name(command) + "() {\n";
  if (command.commands.empty()) {
    script += "  _arguments -s";
    add_options(script, command);
    for (const auto& argument : command.arguments) {
      script += fmt::format(" \\\n    '{}:{}:{}'", argument.many ? "*" : "1",
                            escaped(argument.names[0]), action(argument));
    }
    script += "\n}\n\n";
    return;
  }
  script += "  local context state state_descr line\n  typeset -A opt_args\n  local -a commands\n";
  script += "  _arguments -C '1: :->command' '*:: :->rest'";
  add_options(script, command);
  script += "\n  case $state in\n    command)\n      commands=(\n";
  for (const auto& one : command.commands) {
    script += fmt::format("        '{}:{}'\n", one.name, escaped(one.what));
  }
  script +=
      "      )\n      _describe command commands\n      ;;\n    rest)\n      case $line[1] in\n";
  for (const auto& one : command.commands) {
    script += fmt::format("        {}) {} ;;\n", one.name, function_name(one));
  }
  script += "      esac\n      ;;\n  esac\n}\n\n";
  for (const auto& one : command.commands) add_function(script, one);
}

}  // namespace

std::string zsh_completion(const CommandDoc& program) {
  std::string script(head);
  add_function(script, program);
  return script + std::string(tail);
}

}  // namespace moldau::apps
