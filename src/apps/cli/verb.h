#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "apps/cli/commands.h"
#include "apps/cli/output.h"
#include "apps/cli/world.h"

namespace moldau::apps {

/// A subcommand that runs `command` with the options that were read into `options`. The footer
/// begins with what it does beyond its one line, if anything, and ends with examples.
template <class Options>
CLI::App& add_verb(CLI::App& group, Chosen& chosen, const std::shared_ptr<Options>& options,
                   const std::string& name, const std::string& what, const std::string& footer,
                   Result<> (*command)(World&, const Options&)) {
  auto& app = *group.add_subcommand(name, what);
  app.footer(footer);
  app.callback([&chosen, options, command] {
    chosen.run = [options, command](World& world) { return exit_code(command(world, *options)); };
  });
  return app;
}

/// A subcommand that only holds others.
inline CLI::App& add_group(CLI::App& program, const std::string& name, const std::string& what) {
  auto& group = *program.add_subcommand(name, what);
  group.require_subcommand(1);
  group.footer("Each command has its own help: moldau " + name + " COMMAND --help");
  return group;
}

}  // namespace moldau::apps
