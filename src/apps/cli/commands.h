#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace moldau::apps {

/// What the command line chose; `main` calls it once parsing has succeeded. Returns the exit code.
struct Chosen {
  std::function<int()> run;
};

/// Each adds its subcommand, with options and examples, to the program.
void add_topic_commands(CLI::App& program, Chosen& chosen);
void add_produce_command(CLI::App& program, Chosen& chosen);
void add_consume_command(CLI::App& program, Chosen& chosen);
void add_log_commands(CLI::App& program, Chosen& chosen);
void add_protocol_commands(CLI::App& program, Chosen& chosen);
void add_config_commands(CLI::App& program, Chosen& chosen);

}  // namespace moldau::apps
