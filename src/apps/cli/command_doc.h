#pragma once

#include <string>
#include <vector>

namespace moldau::apps {

struct OptionDoc {
  std::vector<std::string> names;  ///< "-n", "--count"; of an argument: its placeholder, "TOPIC"
  std::string value;               ///< what is to be typed: "N", "table|json"; empty for a flag
  std::string what;
  std::string default_value;
  std::string variable;  ///< of the environment
  std::string group;     ///< heading in the help: "Options", "Connection"
  bool required{false};
  bool many{false};  ///< may be given several times

  bool is_flag() const { return value.empty(); }
  /// "a|b|c" as its parts; empty if the value is not a choice.
  std::vector<std::string> choices() const;
};

/// A command with everything below it, as help, man page and completion scripts show it.
/// Command::document makes it from the tree that parses, so that they cannot differ from it.
struct CommandDoc {
  std::string path;  ///< "moldau topic create"
  std::string name;  ///< "create"
  std::string what;  ///< one line
  std::vector<OptionDoc> arguments;
  std::vector<OptionDoc> options;
  std::vector<CommandDoc> commands;
  std::string more;  ///< paragraphs; lines that begin with two blanks are shown as they are
};

}  // namespace moldau::apps
