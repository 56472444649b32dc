#pragma once

#include <functional>

namespace moldau::apps {

class Command;
class World;

/// What the command line chose; `main` calls it once parsing has succeeded. Returns the exit code.
struct Chosen {
  std::function<int(World&)> run;
};

/// Each adds its subcommand, with options and examples, to the program.
void add_topic_commands(Command program, Chosen& chosen);
void add_produce_command(Command program, Chosen& chosen);
void add_consume_command(Command program, Chosen& chosen);
void add_group_commands(Command program, Chosen& chosen);
void add_config_commands(Command program, Chosen& chosen);
void add_cluster_commands(Command program, Chosen& chosen);
void add_api_command(Command program, Chosen& chosen);
void add_log_commands(Command program, Chosen& chosen);
void add_protocol_commands(Command program, Chosen& chosen);
/// `completion` and `man`, which show the whole program.
void add_shell_commands(Command program, Chosen& chosen);

}  // namespace moldau::apps
