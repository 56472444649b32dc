#include <fmt/format.h>

#include "apps/cli/completion.h"

namespace moldau::apps {
namespace {

constexpr std::string_view head = R"(# fish completion for moldau, made by `moldau completion fish`.

# Names of topics or groups of the cluster that the command line or $MOLDAU_BOOTSTRAP names.
function __moldau_names
    set -l bootstrap
    set -l words (string split ' ' -- (string replace -a = ' ' -- (commandline -p)))
    for name in --bootstrap --bootstrap-server
        if set -l at (contains -i -- $name $words)
            set bootstrap --bootstrap $words[(math $at + 1)]
        end
    end
    moldau $argv[1] list --timeout 1000 $bootstrap 2>/dev/null | tail -n +2 | cut -d ' ' -f 1
end

# Whether the words so far name exactly this command.
function __moldau_at
    set -l path
    for word in (commandline -opc)[2..]
        if contains -- (string join ' ' -- $path $word) $__moldau_commands
            set -a path $word
        end
    end
    test "$path" = "$argv"
end

complete -c moldau -f
)";

/// Inside single quotes.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// The path without the program: "topic create".
std::string_view words(const CommandDoc& command) {
  const auto blank = command.path.find(' ');
  return blank == std::string::npos ? std::string_view()
                                    : std::string_view(command.path).substr(blank + 1);
}

/// fish's options for what stands there: nothing but these, files, or only the user knows.
std::string offer(const OptionDoc& option) {
  switch (completes(option)) {
    case Completes::choices:
      return fmt::format(" -a '{}'", fmt::join(option.choices(), " "));
    case Completes::files:
      return " -F";
    case Completes::topics:
      return " -a '(__moldau_names topic)'";
    case Completes::groups:
      return " -a '(__moldau_names group)'";
    case Completes::nothing:
      break;
  }
  return {};
}

void add_names(std::string& script, const CommandDoc& command) {
  for (const auto& one : command.commands) {
    script += fmt::format(" '{}'", words(one));
    add_names(script, one);
  }
}

void add_command(std::string& script, const CommandDoc& command) {
  const auto at = fmt::format("complete -c moldau -n '__moldau_at {}'", words(command));
  for (const auto& one : command.commands) {
    script += fmt::format("{} -a {} -d '{}'\n", at, one.name, escaped(one.what));
  }
  if (!command.arguments.empty() && completes(command.arguments[0]) != Completes::nothing) {
    script += at + offer(command.arguments[0]) + "\n";
  }
  for (const auto& option : command.options) {
    script += at;
    for (const auto& name : option.names) {
      script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    // -x: a value that is no file; -r: a value.
    const bool is_file = completes(option) == Completes::files;
    if (!option.is_flag()) script += (is_file ? " -r" : " -x") + offer(option);
    script += fmt::format(" -d '{}'\n", escaped(option.what));
  }
  for (const auto& one : command.commands) add_command(script, one);
}

}  // namespace

std::string fish_completion(const CommandDoc& program) {
  std::string script(head);
  script += "set -g __moldau_commands";
  add_names(script, program);
  script += "\n";
  add_command(script, program);
  return script;
}

}  // namespace moldau::apps
