#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

/// How the commands declare their options, so that help, man page and completion read well: the
/// type name is what a reader should type ("N", "table|json", "TOPIC"), validators say nothing.
namespace moldau::apps {

/// `--name a|b|c`; the default is what `value` holds.
template <class T>
CLI::Option& add_choice(CLI::App& app, const std::string& name, T& value,
                        std::vector<std::pair<std::string, T>> choices, const std::string& what) {
  std::vector<std::string> names;
  std::string type;
  std::string preset;
  for (const auto& [text, choice] : choices) {
    names.push_back(text);
    type += (type.empty() ? "" : "|") + text;
    if (choice == value) preset = text;
  }
  auto& option = *app.add_option_function<std::string>(
      name,
      [&value, choices = std::move(choices)](const std::string& text) {
        for (const auto& [known, choice] : choices) {
          if (known == text) value = choice;
        }
      },
      what);
  option.check(
      [names, type](const std::string& text) {
        const bool known = std::find(names.begin(), names.end(), text) != names.end();
        return known ? std::string() : text + ": write " + type;
      },
      "");
  option.type_name(type);
  option.default_str(preset);
  return option;
}

/// An option that may be repeated, each time with one value.
CLI::Option& add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& type, const std::string& what);

/// Whole numbers from `least` on.
CLI::Validator at_least(std::int64_t least);
/// "KEY=VALUE".
CLI::Validator assignment();
/// What parse_position reads.
CLI::Validator is_position();
/// "HOST:PORT,HOST", also with a protocol in front: what --bootstrap takes.
CLI::Validator is_bootstrap();

}  // namespace moldau::apps
