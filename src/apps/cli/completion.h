#pragma once

#include <cstdint>
#include <string>

#include "apps/cli/command_doc.h"

namespace moldau::apps {

enum class Shell : std::uint8_t { bash, zsh, fish };

/// A script that completes commands, options, choices and files, and asks the cluster for the names
/// of topics and groups.
std::string completion_script(const CommandDoc& program, Shell shell);

/// What stands for an option's value or an argument, as completion sees it.
enum class Completes : std::uint8_t { nothing, choices, files, topics, groups };
Completes completes(const OptionDoc& option);

/// The three shells; `completion_script` chooses.
std::string bash_completion(const CommandDoc& program);
std::string zsh_completion(const CommandDoc& program);
std::string fish_completion(const CommandDoc& program);

}  // namespace moldau::apps
