#include "base/config.h"

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
  for (const auto keys : {broker_config_keys(), topic_config_keys()}) {
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

TEST(ConfigTable, what_has_an_effect_is_documented) {
  for (const auto keys : {broker_config_keys(), topic_config_keys()}) {
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
  EXPECT_EQ(refusal("log.segment.bytes", "13"),
            "log.segment.bytes: '13' is out of range: it must be at least 1048576");
  EXPECT_EQ(refusal("num.partitions", "many"), "num.partitions: 'many' is not a 32-bit integer");
  EXPECT_EQ(refusal("num.partitions", "1x"), "num.partitions: '1x' is not a 32-bit integer");
  EXPECT_EQ(refusal("num.partitions", "2147483648"),
            "num.partitions: '2147483648' does not fit a 32-bit integer");
  EXPECT_EQ(refusal("log.retention.bytes", "9223372036854775808"),
            "log.retention.bytes: '9223372036854775808' does not fit a 64-bit integer");
  EXPECT_EQ(refusal("compression.gzip.level", "0"),
            "compression.gzip.level: '0' is out of range: it must be between 1 and 9 (or -1)");
  EXPECT_EQ(refusal("compression.type", "rar"),
            "compression.type: 'rar' is none of uncompressed,zstd,lz4,snappy,gzip,producer");
  EXPECT_EQ(refusal("log.cleanup.policy", "delete,burn"),
            "log.cleanup.policy: 'delete,burn' has an element that is none of compact,delete");
  EXPECT_EQ(refusal("log.dirs", "/a,/b,/a"), "log.dirs: '/a,/b,/a' names '/a' twice");
  EXPECT_EQ(refusal("log.dirs", "/a,"), "log.dirs: '/a,' has an empty element");
  EXPECT_EQ(refusal("auto.create.topics.enable", "yes"),
            "auto.create.topics.enable: 'yes' is neither true nor false");
  EXPECT_EQ(refusal("log.cleaner.min.cleanable.ratio", "nan"),
            "log.cleaner.min.cleanable.ratio: 'nan' is out of range: it must be between 0 and 1");
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

TEST(ConfigLayers, broker_key_shows_its_own_value_and_the_whole_chain) {
  const auto file = configured({{"log.retention.hours", "24"}});
  const auto resolved =
      resolve_broker_config(*find_broker_config_key("log.retention.ms"), {.broker_file = file});
  EXPECT_EQ(resolved.value, std::nullopt);
  ASSERT_EQ(resolved.synonyms.size(), 2u);
  EXPECT_EQ(resolved.synonyms[0].name, "log.retention.hours");
  EXPECT_EQ(resolved.synonyms[0].value, "24");
}

TEST(RejectConfig, topic_settings_that_can_not_be_are_named) {
  EXPECT_EQ(reject_topic_config({{"retention.ms", "-1"}, {"cleanup.policy", "compact"}}),
            std::nullopt);
  EXPECT_EQ(reject_topic_config({{"flush.strategy", "syncfs"}}),
            "Unknown topic config name: flush.strategy");
  EXPECT_TRUE(reject_topic_config({{"retention.ms", "-2"}})->starts_with("retention.ms: '-2'"));
  EXPECT_TRUE(reject_topic_config({{"min.compaction.lag.ms", "2"}, {"max.compaction.lag.ms", "1"}})
                  .has_value());
  EXPECT_TRUE(reject_topic_config({{"remote.storage.enable", "true"}}).has_value());
  EXPECT_EQ(reject_topic_config({{"remote.storage.enable", "false"}}), std::nullopt);
}

TEST(RejectConfig, only_what_may_change_while_running_can_be_set_on_a_broker) {
  constexpr auto all = ConfigUpdate::cluster_wide;
  EXPECT_EQ(reject_broker_config({{"log.retention.ms", "1"}}, all), std::nullopt);
  EXPECT_TRUE(reject_broker_config({{"node.id", "1"}}, all).has_value());
  EXPECT_TRUE(reject_broker_config({{"flush.strategy", "syncfs"}}, all).has_value());
  EXPECT_TRUE(reject_broker_config({{"ssl.protocol", "TLSv1.3"}}, all).has_value());
  EXPECT_EQ(reject_broker_config({{"ssl.protocol", "TLSv1.3"}}, ConfigUpdate::per_broker),
            std::nullopt);
}

}  // namespace
}  // namespace moldau
