#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "apps/cli/command_line.h"
#include "apps/cli/commands.h"
#include "apps/cli/output.h"
#include "apps/moldau/real_world.h"
#include "apps/moldau/server_command.h"
#include "apps/moldau/version.h"

namespace moldau::apps {
namespace {

constexpr auto more =
    "Start a broker with `moldau server`, then ask it or any other Kafka with the rest.\n"
    "Each command has its own help, with examples: moldau COMMAND --help\n"
    "\n"
    "Results go to standard output, everything else to standard error.\n"
    "\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  the server, the network or the data says no\n"
    "  2  a wrong command line\n"
    "\n"
    "Environment:\n"
    "  MOLDAU_BOOTSTRAP  what --bootstrap is if it is not given";

void add_commands(Command program, Chosen& chosen) {
  add_server_command(program, chosen);
  add_topic_commands(program, chosen);
  add_produce_command(program, chosen);
  add_consume_command(program, chosen);
  add_group_commands(program, chosen);
  add_config_commands(program, chosen);
  add_cluster_commands(program, chosen);
  add_api_command(program, chosen);
  add_log_commands(program, chosen);
  add_protocol_commands(program, chosen);
  add_shell_commands(program, chosen);
}

/// The exit code; a result that could not be written down is none.
int flushed(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  fmt::print(stderr, "moldau: standard output: {}\n", std::strerror(errno));
  return code == exit_ok ? exit_failed : code;
}

int run(int argc, char** argv) {
  CommandLine command_line({.name = "moldau",
                            .what = "Apache Kafka's protocol and files in one native binary",
                            .version = version(),
                            .footer = more});
  Chosen chosen;
  add_commands(command_line.program(), chosen);
  if (const auto answer = command_line.parse(argc, argv)) {
    std::fputs(answer->text.c_str(), answer->exit_code == exit_ok ? stdout : stderr);
    return answer->exit_code;
  }
  RealWorld world;
  return flushed(chosen.run(world));
}

}  // namespace
}  // namespace moldau::apps

int main(int argc, char** argv) {
  return moldau::apps::run(argc, argv);
}
