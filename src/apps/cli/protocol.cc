#include <fmt/format.h>

#include "apps/cli/protocol_commands.h"
#include "apps/cli/verb.h"
#include "protocol/dump_schema.h"
#include "protocol/error_code.h"

namespace moldau::apps {
namespace {

void print_errors() {
  for (int number = -1; number <= protocol::error_code_max; ++number) {
    const auto code = static_cast<protocol::ErrorCode>(number);
    fmt::print("{}\t{}\t{}\t{}\n", number, code,
               protocol::is_retriable(code) ? "retriable" : "final", protocol::message(code));
  }
}

}  // namespace

void add_protocol_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "protocol", "what is spoken on the wire");
  add_protocol_list(group, chosen);
  add_protocol_show(group, chosen);
  add_protocol_decode(group, chosen);
  const auto dump =
      group.add_subcommand("dump-schema", "every message as JSON, as Kafka describes it");
  dump.callback([&chosen] {
    chosen.run = [](World&) {
      fmt::print("{}\n", protocol::dump_schemas_json());
      return exit_ok;
    };
  });
  const auto errors = group.add_subcommand(
      "dump-errors", "every error code: number, name, whether clients try again, meaning");
  errors.callback([&chosen] {
    chosen.run = [](World&) {
      print_errors();
      return exit_ok;
    };
  });
}

}  // namespace moldau::apps
