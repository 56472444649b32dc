#pragma once

#include "apps/cli/commands.h"

namespace moldau::apps {

void add_protocol_list(Command group, Chosen& chosen);
void add_protocol_show(Command group, Chosen& chosen);
void add_protocol_decode(Command group, Chosen& chosen);

}  // namespace moldau::apps
