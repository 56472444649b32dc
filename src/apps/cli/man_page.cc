#include "apps/cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ranges>
#include <vector>

#include "apps/cli/help.h"

namespace moldau::apps {
namespace {

/// Text as roff shows it literally: no escapes, no control lines, hyphens that can be copied.
std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '"') {
      out += "\\(dq";
    } else if (c == '`') {
      out += "\\(ga";
    } else {
      out += c;
    }
  }
  return out;
}

/// With a capital letter and a full stop.
std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text.ends_with('.') ? text : text + ".";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Paragraphs; runs of lines that begin with two blanks are examples, set as they are.
void add_paragraphs(std::string& page, const std::string& text) {
  bool literal = false;
  for (const auto part : std::views::split(text, '\n')) {
    const std::string line(part.begin(), part.end());
    const bool indented = line.starts_with("  ");
    if (indented != literal) page += indented ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n";
    literal = indented;
    if (indented) {
      page += escaped(line.substr(2)) + "\n";
    } else {
      page += line.empty() ? ".PP\n" : escaped(line) + "\n";
    }
  }
  if (literal) page += ".fi\n.RE\n";
}

void add_option(std::string& page, const OptionDoc& option) {
  std::vector<std::string> names;
  for (const auto& name : option.names) names.push_back("\\fB" + escaped(name) + "\\fR");
  const bool is_argument = !option.names[0].starts_with('-');
  page +=
      fmt::format(".TP\n{}{}\n{}\n", fmt::join(names, ", "),
                  option.is_flag() || is_argument ? "" : " \\fI" + escaped(option.value) + "\\fR",
                  escaped(sentence(explanation(option))));
}

/// What every command has is described once.
bool is_common(const OptionDoc& option) {
  return option.group == "Connection" || option.names.back() == "--help";
}

void add_command(std::string& page, const CommandDoc& command) {
  if (command.commands.empty()) {
    page +=
        fmt::format(".SS {}\n{}\n", escaped(usage_line(command)), escaped(sentence(command.what)));
    for (const auto& argument : command.arguments) add_option(page, argument);
    for (const auto& option : command.options) {
      if (!is_common(option)) add_option(page, option);
    }
    if (!command.more.empty()) page += ".PP\n", add_paragraphs(page, command.more);
  }
  for (const auto& one : command.commands) add_command(page, one);
}

/// The first command that has connection options tells them for all.
const CommandDoc* with_connection(const CommandDoc& command) {
  const auto connects = [](const OptionDoc& option) { return option.names[0] == "-X"; };
  if (std::ranges::any_of(command.options, connects)) return &command;
  for (const auto& one : command.commands) {
    if (const auto* found = with_connection(one)) return found;
  }
  return nullptr;
}

}  // namespace

std::string man_page(const CommandDoc& program, std::string_view version) {
  const auto name = upper(program.name);
  std::string page = fmt::format(
      ".\\\" Made by `{0} man` from the tree that parses the command line.\n"
      ".TH {1} 1 \"\" \"{0} {2}\" \"User Commands\"\n"
      ".SH NAME\n{0} \\- {3}\n"
      ".SH SYNOPSIS\n.nf\n",
      program.name, name, version, escaped(program.what));
  for (const auto& command : program.commands) {
    page += fmt::format("\\fB{}\\fR\n", escaped(usage_line(command)));
  }
  page += ".fi\n.SH DESCRIPTION\n";
  add_paragraphs(page, program.more);
  page += ".SH COMMON OPTIONS\n";
  for (const auto& option : program.options) add_option(page, option);
  if (const auto* command = with_connection(program)) {
    for (const auto& option : command->options) {
      if (option.group == "Connection") add_option(page, option);
    }
  }
  page += ".SH COMMANDS\n";
  for (const auto& command : program.commands) add_command(page, command);
  return page;
}

}  // namespace moldau::apps
