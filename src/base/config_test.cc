#include "base/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/config_table.h"

namespace moldau {
namespace {

std::string refusal(std::string_view name, std::string_view value) {
  const auto parsed = parse_config_value(*find_broker_config_key(name), value);
  return parsed ? "accepted" : parsed.error().context;
}

std::string canonical(std::string_view name, std::string_view value) {
  return parse_config_value(*find_broker_config_key(name), value).value_or("refused");
}

Properties single_node() {
  return embedded_properties("/data");
}

StaticConfig configured(const Properties& overrides) {
  auto properties = single_node();
  for (const auto& [name, value] : overrides) properties.insert_or_assign(name, value);
  return StaticConfig::make(properties).value();
}

std::string make_error(const Properties& overrides) {
  auto properties = single_node();
  for (const auto& [name, value] : overrides) properties.insert_or_assign(name, value);
  const auto config = StaticConfig::make(properties);
  return config ? "accepted" : config.error().context;
}

TEST(ConfigTable, names_are_unique_and_sorted_and_every_default_is_valid) {
  for (const auto keys : {broker_config_keys(), topic_config_keys(), group_config_keys()}) {
    EXPECT_TRUE(std::ranges::is_sorted(keys, std::ranges::less_equal(), &ConfigKey::name));
    for (const auto& key : keys) {
      if (!key.default_value) continue;
      const bool empty_list = key.type == ConfigType::list && key.default_value->empty();
      if (empty_list) continue;  // Kafka's own default where a set list may not be empty
      EXPECT_EQ(parse_config_value(key, *key.default_value).value_or("refused"), *key.default_value)
          << key.name;
    }
  }
}

TEST(ConfigTable, topic_defaults_are_those_of_their_broker_keys) {
  const auto defaults = configured({});
  for (const auto& key : topic_config_keys()) {
    for (const auto& synonym : key.synonyms) {
      if (!synonym.name.empty()) EXPECT_NE(find_broker_config_key(synonym.name), nullptr);
    }
    const auto resolved = resolve_topic_config(key, {.broker_file = defaults});
    EXPECT_EQ(resolved.value.value_or(""), key.default_value.value_or("")) << key.name;
  }
}

TEST(ConfigTable, group_defaults_are_those_of_their_broker_keys) {
  const auto defaults = configured({});
  for (const auto& key : group_config_keys()) {
    const std::string_view synonym = key.synonyms[0].name;
    if (synonym.empty()) continue;
    const auto* const broker_key = find_broker_config_key(synonym);
    ASSERT_NE(broker_key, nullptr) << synonym;
    // Of a list of assignors a group takes the first: its default is unset.
    if (key.type == broker_key->type) EXPECT_EQ(key.default_value, broker_key->default_value);
  }
}

TEST(ConfigTable, what_has_an_effect_is_documented) {
  for (const auto keys : {broker_config_keys(), topic_config_keys(), group_config_keys()}) {
    for (const auto& key : keys) {
      if (key.use != ConfigUse::ignored) EXPECT_FALSE(key.doc.empty()) << key.name;
    }
  }
}

TEST(ConfigTable, keys_of_one_listener_are_found_behind_its_name) {
  EXPECT_EQ(find_listener_config_key("listener.name.external.ssl.keystore.location"),
            find_broker_config_key("ssl.keystore.location"));
  EXPECT_EQ(find_listener_config_key("listener.name.a.b.scram-sha-256.sasl.jaas.config"),
            find_broker_config_key("sasl.jaas.config"));
  EXPECT_EQ(find_listener_config_key("listener.name.external.nonsense"), nullptr);
  EXPECT_EQ(find_listener_config_key("listener.name."), nullptr);
}

TEST(ConfigValue, refusals_name_the_property_the_value_and_what_would_be_right) {
  EXPECT_EQ(refusal("log.segment.bytes", " 13 "),
            "Invalid value 13 for configuration log.segment.bytes: Value must be at least 1048576");
  const std::string not_an_int = " for configuration num.partitions: Not a number of type INT";
  for (const std::string value : {"many", "1x", "2147483648", ""}) {
    EXPECT_EQ(refusal("num.partitions", value), "Invalid value " + value + not_an_int);
  }
  EXPECT_EQ(refusal("log.retention.bytes", "9223372036854775808"),
            "Invalid value 9223372036854775808 for configuration log.retention.bytes: Not a number "
            "of type LONG");
  EXPECT_EQ(refusal("compression.gzip.level", "0"),
            "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and "
            "9 or equal to -1");
  EXPECT_EQ(refusal("compression.zstd.level", "23"),
            "Invalid value 23 for configuration compression.zstd.level: Value must be no more than "
            "22");
  EXPECT_EQ(refusal("compression.type", "rar"),
            "Invalid value rar for configuration compression.type: String must be one of: "
            "uncompressed, zstd, lz4, snappy, gzip, producer");
  EXPECT_EQ(refusal("log.cleanup.policy", "delete,burn"),
            "Invalid value burn for configuration log.cleanup.policy: String must be one of: "
            "compact, delete");
  EXPECT_EQ(refusal("log.dirs", "/a,/b,/a"),
            "Configuration 'log.dirs' values must not be duplicated.");
  EXPECT_EQ(refusal("log.dirs", "/a,"), "Configuration 'log.dirs' values must not be empty.");
  EXPECT_EQ(refusal("auto.create.topics.enable", "yes"),
            "Invalid value yes for configuration auto.create.topics.enable: Expected value to be "
            "either true or false");
  EXPECT_EQ(refusal("log.cleaner.min.cleanable.ratio", "nan"),
            "Invalid value nan for configuration log.cleaner.min.cleanable.ratio: Not a number of "
            "type DOUBLE");
}

TEST(ConfigValue, canonical_texts_are_trimmed_and_plain_but_secrets_are_left_alone) {
  EXPECT_EQ(canonical("ssl.key.password", " secret "), " secret ");
  EXPECT_EQ(canonical("num.partitions", " +007 "), "7");
  EXPECT_EQ(canonical("auto.create.topics.enable", "TRUE"), "true");
  EXPECT_EQ(canonical("log.dirs", " /a , /b "), "/a,/b");
  EXPECT_EQ(canonical("compression.gzip.level", "-1"), "-1");
  EXPECT_EQ(canonical("group.consumer.migration.policy", "Disabled"), "Disabled");
}

TEST(StaticConfig, unknown_properties_are_errors_that_name_them) {
  EXPECT_EQ(make_error({{"log.dir.s", "/x"}}),
            "log.dir.s: there is no such property; did you mean log.dirs?");
  EXPECT_EQ(make_error({{"acme.turbo", "1"}}), "acme.turbo: there is no such property");
  EXPECT_EQ(make_error({{"zookeeper.connect", "h:2181"}}),
            "zookeeper.connect: Kafka 4 no longer has this property: remove it");
  EXPECT_EQ(make_error({{"retention.ms", "1"}}),
            "retention.ms: this is a topic's setting; the broker's default for it is "
            "log.retention.ms");
}

TEST(StaticConfig, a_missing_property_without_default_is_named) {
  const auto config = StaticConfig::make({{"log.dirs", "/x"}, {"process.roles", "broker"}});
  ASSERT_FALSE(config.has_value());
  EXPECT_TRUE(config.error().context.starts_with("controller.listener.names: missing"));
}

TEST(StaticConfig, contradictions_are_refused) {
  EXPECT_NE(make_error({{"log.retention.ms", "0"}}), "accepted");
  EXPECT_NE(make_error({{"controller.quorum.voters", "1@localhost:9093"}}), "accepted");
  EXPECT_NE(make_error({{"config.providers", "env"}}), "accepted");
  EXPECT_NE(make_error({{"inter.broker.listener.name", "INTERNAL"}}), "accepted");
  EXPECT_NE(make_error({{"metadata.log.dir", "/elsewhere"}}), "accepted");
  EXPECT_EQ(make_error({{"metadata.log.dir", "/data"}}), "accepted");
}

TEST(StaticConfig, ignored_properties_of_kafka_are_listed_once_each) {
  const auto config = configured({{"num.io.threads", "8"},
                                  {"listener.name.x.ssl.protocol", "TLSv1.3"},
                                  {"rsm.config.bucket", "b"},
                                  {"num.partitions", "3"}});
  const auto ignored = config.ignored();
  for (const auto* name : {"num.io.threads", "listener.name.x.ssl.protocol", "rsm.config.bucket"}) {
    EXPECT_EQ(std::ranges::count(ignored, name), 1) << name;
  }
  EXPECT_EQ(std::ranges::count(ignored, "num.partitions"), 0);
}

TEST(StaticConfig, getters_give_what_was_set_or_the_default) {
  const auto config = configured({{"num.partitions", "3"}, {"broker.rack", "b2"}});
  EXPECT_EQ(config.integer("num.partitions"), 3);
  EXPECT_EQ(config.integer("fetch.max.bytes"), 57671680);
  EXPECT_EQ(config.maybe_integer("log.roll.ms"), std::nullopt);
  EXPECT_EQ(config.text("broker.rack"), "b2");
  EXPECT_EQ(config.maybe_text("metadata.log.dir"), std::nullopt);
  EXPECT_TRUE(config.boolean("auto.create.topics.enable"));
  EXPECT_EQ(config.real("log.cleaner.io.max.bytes.per.second"), 1.7976931348623157E308);
  EXPECT_EQ(config.list("process.roles"), (std::vector<std::string>{"broker", "controller"}));
  EXPECT_EQ(config.log_dirs(), std::vector<std::string>{"/data"});
  EXPECT_TRUE(config.list("max.connections.per.ip.overrides").empty());
}

ResolvedConfig topic_config(std::string_view name, const ConfigLayers& layers) {
  return resolve_topic_config(*find_topic_config_key(name), layers);
}

TEST(ConfigLayers, strongest_setting_wins) {
  const auto file = configured({{"log.retention.bytes", "1000"}});
  ConfigLayers layers{.broker_file = file};
  EXPECT_EQ(topic_config("retention.bytes", layers).value, "1000");
  EXPECT_EQ(topic_config("retention.bytes", layers).source, ConfigSource::static_broker);
  const Properties cluster{{"log.retention.bytes", "2000"}};
  layers.cluster_default = &cluster;
  EXPECT_EQ(topic_config("retention.bytes", layers).value, "2000");
  const Properties broker{{"log.retention.bytes", "3000"}};
  layers.broker = &broker;
  EXPECT_EQ(topic_config("retention.bytes", layers).source, ConfigSource::dynamic_broker);
  const Properties topic{{"retention.bytes", "4000"}};
  layers.topic = &topic;
  const auto resolved = topic_config("retention.bytes", layers);
  EXPECT_EQ(resolved.value, "4000");
  EXPECT_EQ(resolved.source, ConfigSource::topic);
  ASSERT_EQ(resolved.synonyms.size(), 5u);
  EXPECT_EQ(resolved.synonyms.back().value, "-1");
  EXPECT_EQ(resolved.synonyms.back().source, ConfigSource::default_value);
}

TEST(ConfigLayers, retention_in_hours_and_minutes_is_converted_and_the_finer_unit_wins) {
  const auto hours = configured({{"log.retention.hours", "2"}});
  EXPECT_EQ(topic_config("retention.ms", {.broker_file = hours}).value, "7200000");
  const auto minutes = configured({{"log.retention.hours", "2"}, {"log.retention.minutes", "3"}});
  EXPECT_EQ(topic_config("retention.ms", {.broker_file = minutes}).value, "180000");
  const auto forever = configured({{"log.retention.hours", "-5"}});
  EXPECT_EQ(topic_config("retention.ms", {.broker_file = forever}).value, "-1");
}

TEST(ConfigLayers, flush_messages_set_to_its_default_is_told_from_unset) {
  const auto unset = configured({});
  EXPECT_EQ(topic_config("flush.messages", {.broker_file = unset}).source,
            ConfigSource::default_value);
  const auto set = configured({{"log.flush.interval.messages", "9223372036854775807"}});
  EXPECT_EQ(topic_config("flush.messages", {.broker_file = set}).source,
            ConfigSource::static_broker);
}

std::vector<std::string> synonyms_of(std::string_view name, const ConfigLayers& layers) {
  std::vector<std::string> names;
  const auto resolved = resolve_broker_config(*find_broker_config_key(name), layers);
  for (const auto& setting : resolved.synonyms) names.push_back(setting.name);
  return names;
}

// As Apache Kafka 4.4 answers DescribeConfigs.
TEST(ConfigLayers, broker_key_shows_its_chain_from_where_it_is_set_itself) {
  const auto file = configured({{"log.retention.hours", "24"}});
  ConfigLayers layers{.broker_file = file};
  EXPECT_TRUE(synonyms_of("log.retention.ms", layers).empty());
  EXPECT_EQ(synonyms_of("log.retention.hours", layers),
            (std::vector<std::string>{"log.retention.hours", "log.retention.hours"}));
  const Properties cluster{{"log.retention.ms", "5"}};
  layers.cluster_default = &cluster;
  EXPECT_EQ(
      synonyms_of("log.retention.ms", layers),
      (std::vector<std::string>{"log.retention.ms", "log.retention.hours", "log.retention.hours"}));
  EXPECT_EQ(synonyms_of("log.retention.hours", layers).size(), 2u);
}

TEST(ConfigLayers, what_another_broker_has_stored_is_read_as_kafka_reads_it_or_not_at_all) {
  const auto file = configured({});
  ConfigLayers layers{.broker_file = file};
  const Properties topic{{"retention.ms", " +77 "}, {"segment.bytes", "ten"}};
  layers.topic = &topic;
  EXPECT_EQ(topic_config("retention.ms", layers).value, "77");
  EXPECT_EQ(topic_config("segment.bytes", layers).value, "1073741824");
  EXPECT_EQ(topic_config("segment.bytes", layers).source, ConfigSource::default_value);
}

TEST(RejectConfig, topic_settings_that_can_not_be_are_named) {
  EXPECT_EQ(reject_topic_config({{"retention.ms", "-1"}, {"cleanup.policy", "compact,compact"}}),
            std::nullopt);
  EXPECT_EQ(reject_topic_config({{"flush.strategy", "syncfs"}}),
            "Unknown topic config name: flush.strategy");
  EXPECT_EQ(reject_topic_config({{"retention.ms", "-2"}}),
            "Invalid value -2 for configuration retention.ms: Value must be at least -1");
  EXPECT_EQ(reject_topic_config({{"min.compaction.lag.ms", " 2"}, {"max.compaction.lag.ms", "1"}}),
            "conflict topic config setting min.compaction.lag.ms (2) > max.compaction.lag.ms (1)");
  EXPECT_TRUE(reject_topic_config({{"remote.storage.enable", "TRUE"}}).has_value());
  EXPECT_EQ(reject_topic_config({{"remote.storage.enable", "false"}}), std::nullopt);
}

std::string change_group(const Properties& values, const Properties& file = {}) {
  const auto broker_file = configured(file);
  return reject_group_config({.broker_file = broker_file, .group = &values}).value_or("accepted");
}

TEST(RejectConfig, group_settings_that_can_not_be_are_refused_in_kafkas_words) {
  const std::string session = "consumer.session.timeout.ms";
  const std::string heartbeat = "consumer.heartbeat.interval.ms";
  EXPECT_EQ(change_group({}), "accepted");
  EXPECT_EQ(change_group({{session, " 60000"}, {heartbeat, "15000"}}), "accepted");
  EXPECT_EQ(change_group({{session, "60001"}}),
            "consumer.session.timeout.ms must be in the range 45000 to 60000 inclusive.");
  EXPECT_EQ(change_group({{heartbeat, "4999"}}),
            "consumer.heartbeat.interval.ms must be in the range 5000 to 15000 inclusive.");
  EXPECT_EQ(change_group({{"consumer.assignment.interval.ms", "15001"}}),
            "consumer.assignment.interval.ms must be in the range 0 to 15000 inclusive.");
  EXPECT_EQ(change_group({{session, "0"}}),
            "Invalid value 0 for configuration consumer.session.timeout.ms: Value must be at "
            "least 1");
  EXPECT_EQ(change_group({{"retention.ms", "1"}}), "Unknown group config name: retention.ms");
  EXPECT_EQ(change_group({{"share.session.timeout.ms", "50000"}, {"streams.assignor.name", "a"}}),
            "This broker does not act on these configs of groups, so it refuses them: "
            "[share.session.timeout.ms, streams.assignor.name]");
}

TEST(RejectConfig, a_group_session_is_longer_than_its_heartbeat_wherever_they_come_from) {
  const Properties file{{"group.consumer.min.session.timeout.ms", "1000"},
                        {"group.consumer.session.timeout.ms", "20000"}};
  EXPECT_EQ(change_group({{"consumer.session.timeout.ms", "5001"}}, file), "accepted");
  const auto refused =
      "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms";
  EXPECT_EQ(change_group({{"consumer.session.timeout.ms", "5000"}}, file), refused);
  EXPECT_EQ(change_group({{"consumer.session.timeout.ms", "9000"},
                          {"consumer.heartbeat.interval.ms", "9000"}},
                         file),
            refused);
}

TEST(StaticConfig, consumer_group_properties_are_within_their_bounds) {
  const std::string p = "group.consumer.";
  EXPECT_EQ(make_error({{p + "session.timeout.ms", "44999"}}),
            "group.consumer.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms");
  EXPECT_EQ(make_error({{p + "session.timeout.ms", "60001"}}),
            "group.consumer.session.timeout.ms must be less than or equal to "
            "group.consumer.max.session.timeout.ms");
  EXPECT_EQ(make_error({{p + "max.heartbeat.interval.ms", "4999"}}),
            "group.consumer.max.heartbeat.interval.ms must be greater than or equal to "
            "group.consumer.min.heartbeat.interval.ms");
  EXPECT_EQ(make_error({{p + "assignment.interval.ms", "15001"}}),
            "group.consumer.assignment.interval.ms must be less than or equal to "
            "group.consumer.max.assignment.interval.ms");
  EXPECT_EQ(make_error({{p + "max.heartbeat.interval.ms", "50000"},
                        {p + "heartbeat.interval.ms", "45000"}}),
            "group.consumer.heartbeat.interval.ms must be less than "
            "group.consumer.session.timeout.ms");
  EXPECT_EQ(make_error({{p + "min.session.timeout.ms", "1"}, {p + "session.timeout.ms", "5001"}}),
            "accepted");
}

TEST(RejectConfig, throttled_replicas_are_a_star_or_partitions_with_brokers) {
  const auto rejected = [](std::string value) {
    return reject_topic_config({{"leader.replication.throttled.replicas", std::move(value)}})
        .has_value();
  };
  for (const char* value : {"*", "", "0:1", "0:1, 12:3"}) EXPECT_FALSE(rejected(value)) << value;
  for (const char* value : {"x", "0", ":1", "0:", "0:1,x:2", "*,0:1"}) {
    EXPECT_TRUE(rejected(value)) << value;
  }
}

/// A change of all that is in `values`, on top of nothing.
std::string change(const Properties& values, ConfigUpdate level = ConfigUpdate::cluster_wide) {
  const auto file = configured({});
  BrokerConfigChange change{.layers = {.broker_file = file}, .level = level, .altered = {}};
  (level == ConfigUpdate::per_broker ? change.layers.broker : change.layers.cluster_default) =
      &values;
  for (const auto& [name, value] : values) change.altered.insert(name);
  return reject_broker_config(change).value_or("accepted");
}

TEST(RejectConfig, what_kafka_changes_only_at_a_start_is_refused_in_its_words) {
  EXPECT_EQ(change({{"log.retention.ms", "1"}}), "accepted");
  EXPECT_EQ(change({{"num.partitions", "2"}, {"log.retention.ms", "1"}, {"node.id", "1"}}),
            "Cannot update these configs dynamically: [node.id, num.partitions]");
  EXPECT_EQ(change({{"listeners", "PLAINTEXT://:1"}}),
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "[listeners]");
}

TEST(RejectConfig, what_would_be_stored_and_ignored_is_refused) {
  for (const char* name : {"num.io.threads", "listeners", "ssl.protocol", "flush.strategy",
                           "leader.replication.throttled.rate", "listener.name.a.max.connections",
                           "remote.log.reader.threads"}) {
    EXPECT_EQ(change({{name, "1"}}, ConfigUpdate::per_broker),
              fmt::format("This broker does not act on these configs while it runs, so it refuses "
                          "them: [{}]",
                          name));
  }
  EXPECT_EQ(change({{"log.cleaner.threads", "2"}}), "accepted");
  EXPECT_NE(change({{"log.cleaner.enable", "false"}}), "accepted");
}

TEST(RejectConfig, values_that_kafka_checks_together_are_checked_with_the_change_in_place) {
  EXPECT_NE(change({{"log.retention.ms", "0"}}), "accepted");
  EXPECT_NE(change({{"log.roll.ms", "0"}}), "accepted");
  EXPECT_NE(change({{"log.roll.jitter.ms", "-1"}}), "accepted");
  EXPECT_NE(change({{"max.connections.per.ip", "0"}}), "accepted");
  EXPECT_NE(change({{"max.connections.per.ip.overrides", "10.0.0.1"}}), "accepted");
  EXPECT_EQ(
      change({{"max.connections.per.ip", "0"}, {"max.connections.per.ip.overrides", "10.0.0.1:5"}}),
      "accepted");
}

TEST(RejectConfig, cleaners_have_memory_and_are_not_many_more_at_once) {
  EXPECT_EQ(change({{"log.cleaner.threads", "0"}}), "log.cleaner.threads must be at least 1");
  constexpr std::string_view memory =
      "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.";
  EXPECT_EQ(change({{"log.cleaner.dedupe.buffer.size", "1048576"}}), memory);
  EXPECT_EQ(change({{"log.cleaner.dedupe.buffer.size", "1048577"}}), "accepted");
  EXPECT_EQ(change({{"log.cleaner.threads", "128"}}), memory);
  const auto from_4 = [](std::string threads) {
    const auto file = configured({{"log.cleaner.threads", "4"}});
    const Properties values{{"log.cleaner.threads", std::move(threads)}};
    return reject_broker_config({.layers = {.broker_file = file, .cluster_default = &values},
                                 .level = ConfigUpdate::cluster_wide,
                                 .altered = {"log.cleaner.threads"},
                                 .before = ConfigLayers{.broker_file = file}})
        .value_or("accepted");
  };
  EXPECT_EQ(from_4("0"), "Log cleaner threads should be at least 1");
  EXPECT_EQ(from_4("1"),
            "Log cleaner threads cannot be reduced to less than half the current value 4");
  EXPECT_EQ(from_4("2"), "accepted");
  EXPECT_EQ(from_4("8"), "accepted");
  EXPECT_EQ(from_4("9"),
            "Log cleaner threads cannot be increased to more than double the current value 4");
}

TEST(RejectConfig, what_was_stored_before_does_not_stand_in_the_way) {
  const auto file = configured({});
  const Properties values{{"num.io.threads", "16"}, {"acme.turbo", "1"}, {"log.roll.ms", "5"}};
  BrokerConfigChange change{.layers = {.broker_file = file, .cluster_default = &values},
                            .level = ConfigUpdate::cluster_wide,
                            .altered = {"log.roll.ms", "deleted.key"}};
  EXPECT_EQ(reject_broker_config(change), std::nullopt);
}

}  // namespace
}  // namespace moldau
