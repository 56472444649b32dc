#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "apps/cli/command_line.h"

/// How the commands declare their options, so that help, man page and completion read well: the
/// type name is what a reader should type ("N", "table|json", "TOPIC"), validators say nothing.
namespace moldau::apps {

/// A word that an option takes, and what happens then.
struct Choice {
  std::string word;
  bool is_default{false};
  std::function<void()> take;
};

/// `--name a|b|c`.
Option add_choice(Command app, const std::string& name, const std::vector<Choice>& choices,
                  const std::string& what);

/// The chosen value goes to `value`; the default is what it holds.
template <class T>
Option add_choice(Command app, const std::string& name, T& value,
                  const std::vector<std::pair<std::string, T>>& choices, const std::string& what) {
  std::vector<Choice> words;
  words.reserve(choices.size());
  for (const auto& [word, choice] : choices) {
    words.push_back({word, choice == value, [&value, choice] { value = choice; }});
  }
  return add_choice(app, name, words, what);
}

/// An option that may be repeated, each time with one value.
Option add_list(Command app, const std::string& name, std::vector<std::string>& values,
                const std::string& type, const std::string& what);

/// Whole numbers from `least` on.
Check at_least(std::int64_t least);
/// "KEY=VALUE".
Check assignment();
/// What parse_position reads.
Check is_position();
/// What parse_duration_ms reads.
Check is_duration();
/// "HOST:PORT,HOST", also with a protocol in front: what --bootstrap takes.
Check is_bootstrap();

}  // namespace moldau::apps
