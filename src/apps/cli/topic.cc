#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/cli/admin.h"
#include "apps/cli/commands.h"
#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

struct Options {
  ClientOptions client;
  Format format{Format::table};
  NewTopic topic;
  std::vector<std::string> configs;  ///< key=value
  bool internal{false};
};

std::string joined(const std::vector<std::int32_t>& ids) {
  return fmt::format("{}", fmt::join(ids, ","));
}

bool is_internal(const std::string& topic) {
  return topic.starts_with("__");
}

Result<> create(Options options) {
  for (const auto& config : options.configs) {
    const auto equals = config.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::invalid, fmt::format("--config {}: write it as key=value", config));
    }
    options.topic.configs.emplace_back(config.substr(0, equals), config.substr(equals + 1));
  }
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  TRY(create_topic(client, options.topic));
  fmt::print("created {}\n", options.topic.name);
  return {};
}

Result<> remove(const Options& options) {
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client));
  TRY(delete_topic(client, options.topic.name));
  fmt::print("deleted {}\n", options.topic.name);
  return {};
}

Result<> list(const Options& options) {
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
  for (const auto& config : description.configs) {
    configs.push_back(fmt::format("{}:{}", json_text(config.name), json_text(config.value)));
  }
  fmt::print("{{\"topic\":{},\n \"partitions\":[{}],\n \"configs\":{{{}}}}}\n",
             json_text(description.topic.name), fmt::join(partitions, ",\n  "),
             fmt::join(configs, ","));
}

Result<> describe(const Options& options) {
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

/// A subcommand with what all of them share.
CLI::App& add(CLI::App& group, Chosen& chosen, const std::shared_ptr<Options>& options,
              const std::string& name, const std::string& what,
              Result<> (*command)(const Options&)) {
  auto& app = *group.add_subcommand(name, what);
  add_client_options(app, options->client);
  app.callback([&chosen, options, command] {
    chosen.run = [options, command] {
      const auto done = command(*options);
      return done ? exit_ok : report(done.error());
    };
  });
  return app;
}

void add_name(CLI::App& app, Options& options) {
  app.add_option("topic", options.topic.name, "its name")->required()->type_name("NAME");
}

}  // namespace

void add_topic_commands(CLI::App& program, Chosen& chosen) {
  auto& group = *program.add_subcommand("topic", "create, list, describe and delete topics");
  group.require_subcommand(1);
  group.footer(
      "Examples:\n"
      "  moldau topic create orders --partitions 6 --config retention.ms=86400000\n"
      "  moldau topic list --format json\n"
      "  moldau topic describe orders");
  const auto options = std::make_shared<Options>();

  auto& creating = add(group, chosen, options, "create", "create a topic",
                       [](const Options& given) { return create(given); });
  add_name(creating, *options);
  creating.add_option("--partitions", options->topic.partitions, "default: the broker's")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  creating
      .add_option("--replication-factor", options->topic.replication_factor,
                  "default: the broker's")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  creating.add_option("--config", options->configs, "a setting of the topic; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

  auto& listing = add(group, chosen, options, "list", "list topics", list);
  add_format_option(listing, options->format);
  listing.add_flag("--internal", options->internal, "also those that begin with __");

  auto& describing = add(group, chosen, options, "describe",
                         "leaders, replicas, offsets and settings of a topic", describe);
  add_name(describing, *options);
  add_format_option(describing, options->format);

  auto& deleting = add(group, chosen, options, "delete", "delete a topic and its data", remove);
  add_name(deleting, *options);
}

}  // namespace moldau::apps
