#pragma once

#include "apps/cli/commands.h"

namespace moldau::apps {

void add_server_command(Command program, Chosen& chosen);

}  // namespace moldau::apps
