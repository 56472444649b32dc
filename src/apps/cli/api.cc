#include <fmt/format.h>

#include <memory>

#include "apps/cli/options.h"
#include "apps/cli/verb.h"
#include "apps/cli/wire.h"
#include "protocol/registry.h"

namespace moldau::apps {
namespace {

using protocol::ApiKey;
using protocol::ApiVersionsResponse;

struct Options {
  ClientOptions client;
  Format format{Format::table};
  std::int32_t broker{Wire::any.value()};
};

std::string range(std::int16_t lowest, std::int16_t highest) {
  return lowest == highest ? fmt::to_string(lowest) : fmt::format("{}-{}", lowest, highest);
}

/// The version that this program would use; null if it has none in common, or no such message.
std::optional<std::int64_t> usable(const ApiVersionsResponse& served, ApiKey key) {
  const auto* schema = protocol::find_schema(protocol::MessageType::request, key);
  const auto version = schema == nullptr ? std::nullopt : common_version(schema->info, served);
  return version ? std::optional<std::int64_t>(*version) : std::nullopt;
}

Result<> show(World& world, const Options& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto& served = *TRY(wire->api_versions(NodeId(options.broker)));
  Table table({"KEY", "API", "VERSIONS", "USED"});
  std::vector<std::string> rows;
  for (const auto& api : served.api_keys) {
    const auto used = usable(served, api.api_key);
    table.add({fmt::to_string(protocol::number(api.api_key)),
               std::string(protocol::name(api.api_key)), range(api.min_version, api.max_version),
               used ? fmt::to_string(*used) : "-"});
    rows.push_back(JsonObject()
                       .number("key", protocol::number(api.api_key))
                       .text("api", protocol::name(api.api_key))
                       .number("lowest", api.min_version)
                       .number("highest", api.max_version)
                       .number("used", used)
                       .to_string());
  }
  fmt::print("{}", options.format == Format::json ? json_array(rows) + "\n" : table.to_string());
  return {};
}

}  // namespace

void add_api_command(Command program, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(
      program, chosen, options, "api", "what a broker serves: names, keys and versions of its APIs",
      "USED is the version that this program takes, the newest that both have.\n\n"
      "Examples:\n"
      "  moldau api\n"
      "  moldau api --broker 2 --format json",
      show);
  app.add_option("--broker", options->broker, "default: the one in --bootstrap that answers first")
      .type_name("ID")
      .check(at_least(0));
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

}  // namespace moldau::apps
