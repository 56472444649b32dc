#pragma once

#include <string>

#include "apps/cli/command_doc.h"

namespace moldau::apps {

/// What `COMMAND --help` prints.
std::string help_text(const CommandDoc& command);
/// How a command is called: "moldau topic create [options] NAME".
std::string usage_line(const CommandDoc& command);
/// What an option does, with its default and its variable of the environment: one paragraph.
std::string explanation(const OptionDoc& option);
/// "-n, --count N".
std::string signature(const OptionDoc& option);

}  // namespace moldau::apps
