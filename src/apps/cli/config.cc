#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "apps/cli/config_admin.h"
#include "apps/cli/config_page.h"
#include "apps/cli/options.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

enum class PageFormat : std::uint8_t { table, markdown, json };

struct Options {
  ClientOptions client;
  Format format{Format::table};
  PageFormat page{PageFormat::table};
  std::string topic;
  std::string group;
  std::string broker;
  bool all_brokers{false};
  bool all{false};
  bool dry_run{false};
  std::vector<std::string> changes;

  ConfigResource resource() const {
    if (!topic.empty()) return {.kind = ConfigResource::Kind::topic, .name = topic};
    if (!group.empty()) return {.kind = ConfigResource::Kind::group, .name = group};
    return {.kind = ConfigResource::Kind::broker, .name = broker};
  }
};

Result<> print_keys(World&, const Options& options) {
  switch (options.page) {
    case PageFormat::table:
      fmt::print("{}", configuration_table());
      break;
    case PageFormat::markdown:
      fmt::print("{}", configuration_page());
      break;
    case PageFormat::json:
      fmt::print("{}", configuration_json());
      break;
  }
  return {};
}

std::string entry_json(const ConfigEntry& entry) {
  JsonObject json;
  json.text("key", entry.name);
  entry.is_sensitive ? json.raw("value", "null") : json.text("value", entry.value);
  return json.text("source", entry.source)
      .boolean("default", entry.is_default)
      .boolean("read_only", entry.is_read_only)
      .boolean("sensitive", entry.is_sensitive)
      .to_string();
}

Result<> describe(World& world, const Options& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto resource = options.resource();
  auto entries = TRY(describe_configs(*wire, resource));
  const auto all = entries.size();
  if (!options.all) std::erase_if(entries, [](const ConfigEntry& one) { return one.is_default; });
  if (options.format == Format::json) {
    std::vector<std::string> rows;
    rows.reserve(entries.size());
    for (const auto& entry : entries) rows.push_back(entry_json(entry));
    fmt::print("{}\n", json_array(rows));
    return {};
  }
  // Values last: some are long.
  Table table({"KEY", "SET BY", "VALUE"});
  for (const auto& entry : entries) {
    table.add({entry.name, entry.source, entry.is_sensitive ? "(secret)" : entry.value});
  }
  if (!entries.empty()) fmt::print("{}", table.to_string());
  std::fflush(stdout);
  if (!options.all && all > entries.size()) {
    fmt::print(stderr, "{}: {} of {} properties are set; --all shows the defaults, too\n",
               resource.to_string(), entries.size(), all);
  } else if (all == 0) {
    fmt::print(stderr, "{}: no property is set\n", resource.to_string());
  }
  return {};
}

Result<> alter(World& world, const Options& options, const std::vector<ConfigChange>& changes) {
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto resource = options.resource();
  const auto commit = options.dry_run ? Commit::validate_only : Commit::yes;
  TRY(alter_configs(*wire, resource, changes, commit));
  fmt::print("{} {} of {}\n", options.dry_run ? "would change" : "changed",
             changes.size() == 1 ? changes[0].name : fmt::format("{} properties", changes.size()),
             resource.to_string());
  return {};
}

Result<> set(World& world, const Options& options) {
  std::vector<ConfigChange> changes;
  changes.reserve(options.changes.size());
  for (const auto& text : options.changes) changes.push_back(TRY(parse_change(text)));
  return alter(world, options, changes);
}

Result<> remove(World& world, const Options& options) {
  std::vector<ConfigChange> changes;
  changes.reserve(options.changes.size());
  for (const auto& name : options.changes) {
    changes.push_back({.name = name, .operation = ConfigChange::Operation::remove, .value = {}});
  }
  return alter(world, options, changes);
}

/// --topic, --group, --broker or --all-brokers: one of them.
void add_resource(Command app, Chosen& chosen, const std::shared_ptr<Options>& options,
                  Result<> (*command)(World&, const Options&)) {
  const auto topic = app.add_option("--topic", options->topic, "of a topic").type_name("TOPIC");
  const auto group = app.add_option("--group", options->group,
                                    "of a consumer group, also of one that is not there yet")
                         .type_name("GROUP");
  const auto broker = app.add_option("--broker", options->broker, "of one broker")
                          .type_name("ID")
                          .check(at_least(0));
  const auto all =
      app.add_flag("--all-brokers", options->all_brokers,
                   "the default of all brokers, which one broker's own value overrides");
  topic.excludes(group).excludes(broker).excludes(all);
  group.excludes(broker).excludes(all);
  broker.excludes(all);
  app.callback([app, &chosen, options, command] {
    if (options->topic.empty() && options->group.empty() && options->broker.empty() &&
        !options->all_brokers) {
      throw UsageError(app.name() +
                       ": one of --topic, --group, --broker and --all-brokers is required");
    }
    chosen.run = [options, command](World& world) { return exit_code(command(world, *options)); };
  });
}

void add_describe(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app =
      add_verb(group, chosen, options, "describe", "what is set on a topic, group or broker",
               "Examples:\n"
               "  moldau config describe --topic orders\n"
               "  moldau config describe --broker 1 --all\n"
               "  moldau config describe --all-brokers --format json",
               describe);
  add_resource(app, chosen, options, describe);
  app.add_flag("--all", options->all, "the defaults, too");
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

void add_set(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app =
      add_verb(group, chosen, options, "set", "set properties of a topic, group or broker",
               "All of them are changed, or none. `moldau config keys` lists what there is.\n\n"
               "Examples:\n"
               "  moldau config set --topic orders retention.ms=604800000\n"
               "  moldau config set --topic orders cleanup.policy+=compact\n"
               "  moldau config set --group billing consumer.session.timeout.ms=60000\n"
               "  moldau config set --all-brokers log.retention.hours=72 --dry-run",
               set);
  app.add_option("change", options->changes, "KEY+=VALUE appends to a list, KEY-=VALUE takes out")
      .type_name("KEY=VALUE")
      .required()
      .check([](const std::string& text) {
        const auto change = parse_change(text);
        return change ? std::string() : change.error().context;
      });
  add_resource(app, chosen, options, set);
  app.add_flag("--dry-run", options->dry_run, "only ask whether it would be accepted");
  add_broker_options(app, options->client);
}

void add_delete(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "delete", "go back to the default",
                            "Examples:\n"
                            "  moldau config delete --topic orders retention.ms\n"
                            "  moldau config delete --broker 1 log.cleaner.threads",
                            remove);
  app.add_option("key", options->changes, "which").type_name("KEY").required();
  add_resource(app, chosen, options, remove);
  app.add_flag("--dry-run", options->dry_run, "only ask whether it would be accepted");
  add_broker_options(app, options->client);
}

void add_keys(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "keys",
                            "every property of Moldau: type, default, values, effect",
                            "Asks no broker: it is what this program knows.\n\n"
                            "Examples:\n"
                            "  moldau config keys | grep retention\n"
                            "  moldau config keys --format json",
                            print_keys);
  add_choice<PageFormat>(app, "--format", options->page,
                         {{"table", PageFormat::table},
                          {"markdown", PageFormat::markdown},
                          {"json", PageFormat::json}},
                         "how it is printed");
}

}  // namespace

void add_config_commands(Command program, Chosen& chosen) {
  const auto group =
      add_group(program, "config", "properties of topics and brokers: describe, set, delete");
  add_describe(group, chosen);
  add_set(group, chosen);
  add_delete(group, chosen);
  add_keys(group, chosen);
}

}  // namespace moldau::apps
