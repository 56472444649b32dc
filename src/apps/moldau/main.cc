#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/output.h"
#include "apps/moldau/server_command.h"
#include "apps/moldau/version.h"

int main(int argc, char** argv) {
  CLI::App program("Moldau: Apache Kafka's protocol and files in one native binary", "moldau");
  program.set_version_flag("--version", moldau::apps::version());
  program.require_subcommand(1);
  program.footer(
      "Start a broker:  moldau server\n"
      "Each command has its own help: moldau COMMAND --help");

  moldau::apps::Chosen chosen;
  moldau::apps::add_server_command(program, chosen);
  moldau::apps::add_topic_commands(program, chosen);
  moldau::apps::add_produce_command(program, chosen);
  moldau::apps::add_consume_command(program, chosen);
  moldau::apps::add_log_commands(program, chosen);
  moldau::apps::add_protocol_commands(program, chosen);
  moldau::apps::add_config_commands(program, chosen);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version come this way, too, with exit code 0.
    return program.exit(error) == 0 ? moldau::apps::exit_ok : moldau::apps::exit_usage;
  }
  return chosen.run();
}
