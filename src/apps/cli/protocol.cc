#include <fmt/format.h>

#include "apps/cli/verb.h"
#include "protocol/dump_schema.h"

namespace moldau::apps {

void add_protocol_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "protocol", "what is spoken on the wire");
  const auto dump =
      group.add_subcommand("dump-schema", "every message as JSON, as Kafka describes it");
  dump.callback([&chosen] {
    chosen.run = [](World&) {
      fmt::print("{}\n", protocol::dump_schemas_json());
      return exit_ok;
    };
  });
}

}  // namespace moldau::apps
