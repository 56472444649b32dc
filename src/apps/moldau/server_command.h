#pragma once

#include "apps/cli/commands.h"

namespace moldau::apps {

void add_server_command(CLI::App& program, Chosen& chosen);

}  // namespace moldau::apps
