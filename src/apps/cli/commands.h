#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace moldau::apps {

class World;

/// What the command line chose; `main` calls it once parsing has succeeded. Returns the exit code.
struct Chosen {
  std::function<int(World&)> run;
};

/// Each adds its subcommand, with options and examples, to the program.
void add_topic_commands(CLI::App& program, Chosen& chosen);
void add_produce_command(CLI::App& program, Chosen& chosen);
void add_consume_command(CLI::App& program, Chosen& chosen);
void add_group_commands(CLI::App& program, Chosen& chosen);
void add_config_commands(CLI::App& program, Chosen& chosen);
void add_cluster_commands(CLI::App& program, Chosen& chosen);
void add_api_command(CLI::App& program, Chosen& chosen);
void add_log_commands(CLI::App& program, Chosen& chosen);
void add_protocol_commands(CLI::App& program, Chosen& chosen);
/// `completion` and `man`, which show the whole program.
void add_shell_commands(CLI::App& program, Chosen& chosen);

}  // namespace moldau::apps
