#include <fmt/format.h>

#include <memory>

#include "apps/cli/completion.h"
#include "apps/cli/man_page.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

void add_completion(Command program, Chosen& chosen) {
  const auto group =
      program.add_subcommand("completion", "a script that completes commands in a shell");
  group.require_subcommand();
  group.footer(
      "It completes commands, options and their values, and the names of topics and groups.\n\n"
      "Examples:\n"
      "  source <(moldau completion bash)      # this shell\n"
      "  moldau completion bash > /etc/bash_completion.d/moldau\n"
      "  moldau completion zsh > ~/.zfunc/_moldau\n"
      "  moldau completion fish > ~/.config/fish/completions/moldau.fish");
  for (const auto& [name, shell] : {std::pair("bash", Shell::bash), std::pair("zsh", Shell::zsh),
                                    std::pair("fish", Shell::fish)}) {
    const auto app = group.add_subcommand(name, std::string("for ") + name);
    app.callback([program, &chosen, shell] {
      chosen.run = [program, shell](World&) {
        fmt::print("{}", completion_script(program.document(), shell));
        return exit_ok;
      };
    });
  }
}

void add_man(Command program, Chosen& chosen) {
  const auto app = program.add_subcommand("man", "the manual page");
  app.footer(
      "Examples:\n"
      "  moldau man | man -l -\n"
      "  moldau man > /usr/local/share/man/man1/moldau.1");
  app.callback([program, &chosen] {
    chosen.run = [program](World& world) {
      fmt::print("{}", man_page(program.document(), world.version()));
      return exit_ok;
    };
  });
}

}  // namespace

void add_shell_commands(Command program, Chosen& chosen) {
  add_completion(program, chosen);
  add_man(program, chosen);
}

}  // namespace moldau::apps
