#include "apps/cli/command_doc.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <ranges>

namespace moldau::apps {
namespace {

OptionDoc option_doc(const CLI::Option& option) {
  OptionDoc doc{.names = {},
                .value = option.get_type_size() == 0 ? "" : option.get_type_name(),
                .what = option.get_description(),
                .default_value = option.get_default_str(),
                .variable = option.get_envname(),
                .group = option.get_group(),
                .required = option.get_required(),
                .many = option.get_expected_max() > 1 ||
                        option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll};
  if (option.get_positional()) {
    doc.names.push_back(doc.value);
    return doc;
  }
  for (const auto& name : option.get_snames()) doc.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) doc.names.push_back("--" + name);
  return doc;
}

}  // namespace

std::vector<std::string> OptionDoc::choices() const {
  const bool is_choice =
      value.find('|') != std::string::npos && std::ranges::all_of(value, [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '|';
      });
  std::vector<std::string> parts;
  if (!is_choice) return parts;
  for (const auto part : std::views::split(value, '|')) {
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

CommandDoc document(const CLI::App& app) {
  const auto* parent = app.get_parent();
  CommandDoc doc{.path = app.get_name(),
                 .name = app.get_name(),
                 .what = app.get_description(),
                 .arguments = {},
                 .options = {},
                 .commands = {},
                 .more = app.get_footer()};
  // A footer is handed down to subcommands; here each has its own.
  if (parent != nullptr && parent->get_footer() == doc.more) doc.more.clear();
  for (; parent != nullptr; parent = parent->get_parent()) {
    doc.path = parent->get_name() + " " + doc.path;
  }
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    (option->get_positional() ? doc.arguments : doc.options).push_back(option_doc(*option));
  }
  // Help is what an app gets first and a reader looks for last.
  if (!doc.options.empty() && doc.options[0].names.back() == "--help") {
    std::ranges::rotate(doc.options, doc.options.begin() + 1);
  }
  for (const auto* command : app.get_subcommands({})) doc.commands.push_back(document(*command));
  return doc;
}

}  // namespace moldau::apps
