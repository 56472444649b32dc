#pragma once

#include <string>
#include <string_view>

#include "apps/cli/command_doc.h"

namespace moldau::apps {

/// The manual page of the program, with all its commands, as roff with man(7)'s macros.
std::string man_page(const CommandDoc& program, std::string_view version);

}  // namespace moldau::apps
