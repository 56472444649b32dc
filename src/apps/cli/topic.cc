#include <fmt/format.h>

#include <memory>

#include "apps/cli/admin.h"
#include "apps/cli/kafka_client.h"
#include "apps/cli/options.h"
#include "apps/cli/topic_alter.h"
#include "apps/cli/topic_move.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

struct Options {
  ClientOptions client;
  Format format{Format::table};
  NewTopic topic;
  std::vector<std::string> configs;   ///< key=value; `alter` knows += and -=, too
  std::vector<std::string> defaults;  ///< keys that go back to their default
  TopicMove move;
  bool internal{false};
  bool dry_run{false};
};

std::string joined(const std::vector<std::int32_t>& ids) {
  return fmt::format("{}", fmt::join(ids, ","));
}

bool is_internal(const std::string& topic) {
  return topic.starts_with("__");
}

Result<> create(World&, const Options& options) {
  NewTopic topic = options.topic;
  for (const auto& config : options.configs) {
    const auto equals = config.find('=');
    topic.configs.emplace_back(config.substr(0, equals), config.substr(equals + 1));
  }
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  TRY(create_topic(client, topic));
  fmt::print("created {}\n", topic.name);
  return {};
}

Result<> alter(World& world, const Options& options) {
  TopicChange change{.topic = options.topic.name,
                     .partitions = std::max(0, options.topic.partitions),
                     .configs = {},
                     .commit = options.dry_run ? Commit::validate_only : Commit::yes};
  for (const auto& text : options.configs) change.configs.push_back(TRY(parse_change(text)));
  for (const auto& name : options.defaults) {
    change.configs.push_back(
        {.name = name, .operation = ConfigChange::Operation::remove, .value = {}});
  }
  const auto wire = TRY(Wire::connect(world, options.client));
  TRY(alter_topic(*wire, change));
  fmt::print("{} {}\n", options.dry_run ? "would alter" : "altered", change.topic);
  return {};
}

Result<> move(World& world, const Options& options) {
  auto wanted = options.move;
  wanted.topic = options.topic.name;
  const auto wire = TRY(Wire::connect(world, options.client));
  for (const auto& [broker, partition] : TRY(move_topic(*wire, wanted))) {
    fmt::print("moving {}-{} to {} on broker {}\n", wanted.topic, partition, wanted.directory,
               broker);
  }
  return {};
}

Result<> remove(World&, const Options& options) {
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  TRY(delete_topic(client, options.topic.name));
  fmt::print("deleted {}\n", options.topic.name);
  return {};
}

Result<> list(World&, const Options& options) {
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  auto topics = TRY(client.topics());
  std::erase_if(
      topics, [&](const TopicInfo& topic) { return is_internal(topic.name) && !options.internal; });
  Table table({"TOPIC", "PARTITIONS", "REPLICAS"});
  std::vector<std::string> rows;
  for (const auto& topic : topics) {
    const auto replicas = topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size();
    table.add({topic.name, fmt::to_string(topic.partitions.size()), fmt::to_string(replicas)});
    rows.push_back(fmt::format(R"({{"topic":{},"partitions":{},"replicas":{}}})",
                               json_text(topic.name), topic.partitions.size(), replicas));
  }
  if (options.format == Format::json) {
    fmt::print("[{}]\n", fmt::join(rows, ",\n "));
  } else {
    fmt::print("{}", table.to_string());
  }
  return {};
}

struct Description {
  TopicInfo topic;
  std::vector<std::pair<std::int64_t, std::int64_t>> offsets;  ///< as topic.partitions
  std::vector<TopicConfig> configs;                            ///< set on the topic itself
};

void print_table(const Description& description) {
  Table table({"PARTITION", "LEADER", "REPLICAS", "IN SYNC", "START", "END"});
  for (std::size_t i = 0; i < description.offsets.size(); ++i) {
    const auto& partition = description.topic.partitions[i];
    const auto& [start, end] = description.offsets[i];
    table.add({fmt::to_string(partition.id), fmt::to_string(partition.leader),
               joined(partition.replicas), joined(partition.in_sync), fmt::to_string(start),
               fmt::to_string(end)});
  }
  fmt::print("{}", table.to_string());
  for (const auto& config : description.configs) fmt::print("{}={}\n", config.name, config.value);
}

void print_json(const Description& description) {
  std::vector<std::string> partitions;
  for (std::size_t i = 0; i < description.offsets.size(); ++i) {
    const auto& partition = description.topic.partitions[i];
    partitions.push_back(fmt::format(
        R"({{"partition":{},"leader":{},"replicas":[{}],"in_sync":[{}],"start":{},"end":{}}})",
        partition.id, partition.leader, joined(partition.replicas), joined(partition.in_sync),
        description.offsets[i].first, description.offsets[i].second));
  }
  std::vector<std::string> configs;
  configs.reserve(description.configs.size());
  for (const auto& config : description.configs) {
    configs.push_back(fmt::format("{}:{}", json_text(config.name), json_text(config.value)));
  }
  fmt::print("{{\"topic\":{},\n \"partitions\":[{}],\n \"configs\":{{{}}}}}\n",
             json_text(description.topic.name), fmt::join(partitions, ",\n  "),
             fmt::join(configs, ","));
}

Result<> describe(World&, const Options& options) {
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  Description description{
      .topic = TRY(client.topic(options.topic.name)), .offsets = {}, .configs = {}};
  for (const auto& partition : description.topic.partitions) {
    description.offsets.push_back(TRY(client.offsets(options.topic.name, partition.id)));
  }
  description.configs = TRY(topic_configs(client, options.topic.name));
  std::erase_if(description.configs, [](const TopicConfig& config) { return config.is_default; });
  options.format == Format::json ? print_json(description) : print_table(description);
  return {};
}

void add_name(Command app, Options& options) {
  app.add_option("topic", options.topic.name, "its name").required().type_name("TOPIC");
}

void add_create(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "create", "create a topic",
                            "Examples:\n"
                            "  moldau topic create orders\n"
                            "  moldau topic create orders --partitions 6 --replication-factor 3\n"
                            "  moldau topic create orders --config retention.ms=86400000",
                            create);
  add_name(app, *options);
  app.add_option("--partitions", options->topic.partitions, "default: the broker's num.partitions")
      .type_name("N")
      .check(at_least(1));
  app.add_option("--replication-factor", options->topic.replication_factor,
                 "default: the broker's default.replication.factor")
      .type_name("N")
      .check(at_least(1));
  add_list(app, "--config", options->configs, "KEY=VALUE",
           "a setting of the topic; may be repeated")
      .check(assignment());
  add_client_options(app, options->client);
}

void add_list_verb(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "list", "list topics",
                            "Examples:\n"
                            "  moldau topic list\n"
                            "  moldau topic list --internal --format json",
                            list);
  add_format_option(app, options->format);
  app.add_flag("--internal", options->internal, "also those that begin with __");
  add_client_options(app, options->client);
}

void add_describe(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "describe",
                            "leaders, replicas, offsets and settings of a topic",
                            "Examples:\n"
                            "  moldau topic describe orders\n"
                            "  moldau topic describe orders --format json | jq .configs",
                            describe);
  add_name(app, *options);
  add_format_option(app, options->format);
  add_client_options(app, options->client);
}

void add_alter(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app =
      add_verb(group, chosen, options, "alter", "add partitions, change settings",
               "Partitions can be added, never taken away; keys then hash to other ones.\n\n"
               "Examples:\n"
               "  moldau topic alter orders --partitions 12\n"
               "  moldau topic alter orders --config retention.ms=3600000 --dry-run\n"
               "  moldau topic alter orders --config cleanup.policy+=compact\n"
               "  moldau topic alter orders --default retention.ms",
               alter);
  add_name(app, *options);
  app.add_option("--partitions", options->topic.partitions, "how many it shall have")
      .type_name("N")
      .check(at_least(1));
  add_list(app, "--config", options->configs, "KEY=VALUE",
           "a setting; KEY+=VALUE and KEY-=VALUE for lists; may be repeated")
      .check(assignment());
  add_list(app, "--default", options->defaults, "KEY",
           "a setting that goes back to its default; may be repeated");
  app.add_flag("--dry-run", options->dry_run, "only ask whether it would be accepted");
  add_broker_options(app, options->client);
  app.callback([&chosen, options] {
    if (options->topic.partitions < 0 && options->configs.empty() && options->defaults.empty()) {
      throw UsageError("alter: one of --partitions, --config and --default is required");
    }
    chosen.run = [options](World& world) { return exit_code(alter(world, *options)); };
  });
}

void add_move(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(
      group, chosen, options, "move", "move a topic to another log directory",
      "Between the directories of one broker (log.dirs), while it is written and read. The\n"
      "command returns when the brokers have begun; `moldau cluster describe` shows what is\n"
      "still under way. Back to where it is: the move is cancelled.\n\n"
      "Examples:\n"
      "  moldau topic move orders --to /disk2/moldau\n"
      "  moldau topic move orders --partition 3 --partition 4 --to /disk2/moldau",
      move);
  add_name(app, *options);
  app.add_option("--to", options->move.directory, "as in the broker's log.dirs")
      .required()
      .type_name("DIR");
  app.add_option("--partition", options->move.partitions, "default: all; may be repeated")
      .type_name("N");
  app.add_option("--broker", options->move.broker, "default: each that has a replica")
      .type_name("ID");
  add_broker_options(app, options->client);
}

void add_delete(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "delete", "delete a topic and its data",
                            "There is no way back, and no question.\n\n"
                            "Examples:\n"
                            "  moldau topic delete orders-old",
                            remove);
  add_name(app, *options);
  add_client_options(app, options->client);
}

}  // namespace

void add_topic_commands(Command program, Chosen& chosen) {
  const auto group =
      add_group(program, "topic", "topics: create, list, describe, alter, move, delete");
  add_create(group, chosen);
  add_list_verb(group, chosen);
  add_describe(group, chosen);
  add_alter(group, chosen);
  add_move(group, chosen);
  add_delete(group, chosen);
}

}  // namespace moldau::apps
