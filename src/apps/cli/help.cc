#include "apps/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace moldau::apps {
namespace {

constexpr std::size_t line_width = 80;
constexpr std::size_t options_width = 28;

/// The text in lines, broken at blanks.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const auto part : std::views::split(text, ' ')) {
    const std::string word(part.begin(), part.end());
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

/// Two columns, the left one so wide or on a line of its own.
void add_row(std::string& text, std::size_t left_width, const std::string& left,
             const std::string& right) {
  const auto lines = wrapped(right, line_width - left_width - 2);
  const bool fits = left.size() + 2 <= left_width;
  text += fits ? fmt::format("  {:<{}}{}\n", left, left_width, lines[0])
               : fmt::format("  {}\n{:{}}{}\n", left, "", left_width + 2, lines[0]);
  for (const auto& line : lines | std::views::drop(1)) {
    text += fmt::format("{:{}}{}\n", "", left_width + 2, line);
  }
}

void add_options(std::string& text, const std::vector<OptionDoc>& options) {
  std::vector<std::string> groups;
  for (const auto& option : options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
  }
  for (const auto& group : groups) {
    text += fmt::format("\n{}:\n", group);
    for (const auto& option : options) {
      if (option.group == group)
        add_row(text, options_width, signature(option), explanation(option));
    }
  }
}

}  // namespace

std::string signature(const OptionDoc& option) {
  auto text = fmt::format("{}", fmt::join(option.names, ", "));
  const bool is_argument = !option.names.empty() && !option.names[0].starts_with('-');
  if (!option.is_flag() && !is_argument) text += " " + option.value;
  return text;
}

std::string explanation(const OptionDoc& option) {
  std::vector<std::string> notes;
  if (option.required && option.names[0].starts_with('-')) notes.emplace_back("required");
  if (!option.variable.empty()) notes.push_back("or $" + option.variable);
  if (!option.default_value.empty()) notes.push_back("default: " + option.default_value);
  if (notes.empty()) return option.what;
  return fmt::format("{} ({})", option.what, fmt::join(notes, "; "));
}

std::string usage_line(const CommandDoc& command) {
  std::string line = command.path;
  if (!command.commands.empty()) return line + " COMMAND";
  const auto is_help = [](const OptionDoc& option) { return option.names.back() == "--help"; };
  if (!std::ranges::all_of(command.options, is_help)) line += " [options]";
  for (const auto& argument : command.arguments) {
    const auto name = argument.names[0] + (argument.many ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string help_text(const CommandDoc& command) {
  std::string text =
      fmt::format("{}: {}\n\nUsage: {}\n", command.path, command.what, usage_line(command));
  // What a command does is said before its options, examples and what is general behind them.
  const auto examples = command.commands.empty() ? command.more.find("Examples:\n") : 0;
  const auto before = command.more.substr(0, examples);
  const auto behind = examples == std::string::npos ? "" : command.more.substr(examples);
  if (!before.empty()) text += "\n" + before.substr(0, before.find_last_not_of('\n') + 1) + "\n";
  if (!command.arguments.empty()) {
    text += "\nArguments:\n";
    for (const auto& argument : command.arguments) {
      add_row(text, options_width, signature(argument), explanation(argument));
    }
  }
  if (!command.commands.empty()) {
    text += "\nCommands:\n";
    const auto longest = std::ranges::max_element(
        command.commands, {}, [](const CommandDoc& one) { return one.name.size(); });
    for (const auto& one : command.commands) {
      add_row(text, longest->name.size() + 2, one.name, one.what);
    }
  }
  add_options(text, command.options);
  if (!behind.empty()) text += fmt::format("\n{}\n", behind);
  return text;
}

}  // namespace moldau::apps
