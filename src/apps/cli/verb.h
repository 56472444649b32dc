#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/commands.h"
#include "apps/cli/output.h"
#include "apps/cli/world.h"

namespace moldau::apps {

/// A subcommand that runs `command` with the options that were read into `options`. The footer
/// begins with what it does beyond its one line, if anything, and ends with examples.
template <class Options>
Command add_verb(Command group, Chosen& chosen, const std::shared_ptr<Options>& options,
                 const std::string& name, const std::string& what, const std::string& footer,
                 Result<> (*command)(World&, const Options&)) {
  const auto app = group.add_subcommand(name, what);
  app.footer(footer);
  app.callback([&chosen, options, command] {
    chosen.run = [options, command](World& world) { return exit_code(command(world, *options)); };
  });
  return app;
}

/// A subcommand that only holds others.
inline Command add_group(Command program, const std::string& name, const std::string& what) {
  const auto group = program.add_subcommand(name, what);
  group.require_subcommand();
  group.footer("Each command has its own help: moldau " + name + " COMMAND --help");
  return group;
}

}  // namespace moldau::apps
