#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/cli/commands.h"
#include "apps/cli/config_page.h"
#include "apps/cli/output.h"

namespace moldau::apps {

void add_config_commands(CLI::App& program, Chosen& chosen) {
  enum class PageFormat : std::uint8_t { markdown, json };
  auto& group = *program.add_subcommand("config", "configuration properties");
  group.require_subcommand(1);
  auto& keys = *group.add_subcommand("keys", "every property: type, default, values, effect");
  const auto format = std::make_shared<PageFormat>(PageFormat::markdown);
  keys.add_option("--format", *format, "markdown or json")
      ->transform(CLI::CheckedTransformer(std::vector<std::pair<std::string, PageFormat>>{
          {"markdown", PageFormat::markdown}, {"json", PageFormat::json}}))
      ->type_name("FORMAT");
  keys.callback([&chosen, format] {
    chosen.run = [format] {
      const bool json = *format == PageFormat::json;
      fmt::print("{}", json ? configuration_json() : configuration_page());
      return exit_ok;
    };
  });
}

}  // namespace moldau::apps
