#include "broker/topic_configs.h"

#include <gtest/gtest.h>

#include "base/config_table.h"
#include "metadata/builder.h"

namespace moldau::broker {
namespace {

/// All that a broker's dynamic configuration decides, as text.
std::string describe(const TopicConfigs& configs, const metadata::Image& image) {
  const auto settings = configs.settings_of(image, "t");
  const auto& log = *settings->log;
  const auto& rules = settings->rules;
  std::string text = fmt::format(
      "segments {} {} {} {} {} {} cleanup {} {} retention {} {} delay {} durable {} flush {} ids "
      "{}\n",
      log.segment_bytes, log.segment_ms, log.segment_jitter_ms, log.segment_index_bytes,
      log.index_interval_bytes, log.preallocate, log.cleanup_delete, log.cleanup_compact,
      log.retention_ms, log.retention_bytes, log.file_delete_delay_ms,
      static_cast<int>(log.durability), log.flush_ms, log.producer_id_expiration_ms);
  text += fmt::format("batches {} {} {} {} {} {} {} {} {} isr {} unclean {}\n",
                      rules.codec ? static_cast<int>(*rules.codec) : -1, rules.gzip_level,
                      rules.lz4_level, rules.zstd_level, static_cast<int>(rules.timestamp_type),
                      rules.timestamp_before_max_ms, rules.timestamp_after_max_ms,
                      rules.max_message_bytes, rules.uncompressed_size_max,
                      settings->min_insync_replicas,
                      configs.effective_topic_config(image, "t", "unclean.leader.election.enable"));
  text +=
      fmt::format("compaction {} {} {} {}\n", log.min_cleanable_dirty_ratio,
                  log.min_compaction_lag_ms, log.max_compaction_lag_ms, log.delete_retention_ms);
  const auto cleaner = configs.cleaner_config(image);
  text += fmt::format("cleaner {} {} {} {} {} {} {}\n", cleaner.enabled, cleaner.threads,
                      cleaner.backoff_ms, cleaner.dedupe_buffer_bytes, cleaner.load_factor,
                      cleaner.io_buffer_bytes, cleaner.io_bytes_per_second);
  const auto limits = configs.connection_limits(image);
  text += fmt::format("connections {} {} {}\n", limits.connections_max, limits.per_ip("10.0.0.1"),
                      limits.per_ip("10.0.0.2"));
  text += fmt::format("moves {}\n", configs.move_bytes_per_second(image));
  const auto group = configs.group_overrides(image, "g");
  text += fmt::format("group {}\n", group.consumer_assignment_interval_ms.value_or(-1));
  return text;
}

metadata::ImagePtr image_with(std::string_view broker, std::string_view key,
                              std::string_view value) {
  metadata::ImageBuilder builder;
  protocol::ConfigRecord record;
  record.resource_type = static_cast<std::int8_t>(metadata::ResourceType::broker);
  record.resource_name = Text::copy(broker);
  record.name = Text::copy(key);
  record.value = Text::copy(value);
  EXPECT_TRUE(builder.replay(record, {Offset(0), LeaderEpoch(1), 0}));
  return builder.build().image;
}

/// Another value than the default for every key that can change.
const Properties other_values{
    {"compression.gzip.level", "5"},
    {"compression.lz4.level", "5"},
    {"compression.type", "zstd"},
    {"compression.zstd.level", "5"},
    {"group.consumer.assignment.interval.ms", "5"},
    {"log.cleaner.backoff.ms", "5"},
    {"log.cleaner.dedupe.buffer.size", "5000000"},
    {"log.cleaner.delete.retention.ms", "5"},
    {"log.cleaner.io.buffer.load.factor", "0.7"},
    {"log.cleaner.io.buffer.size", "5"},
    {"log.cleaner.io.max.bytes.per.second", "5"},
    {"log.cleaner.max.compaction.lag.ms", "5"},
    {"log.cleaner.min.cleanable.ratio", "0.7"},
    {"log.cleaner.min.compaction.lag.ms", "5"},
    {"log.cleaner.threads", "5"},
    {"log.cleanup.policy", "compact"},
    {"log.flush.interval.messages", "9223372036854775807"},  // set at all: page cache
    {"log.flush.interval.ms", "5"},
    {"log.index.interval.bytes", "5"},
    {"log.index.size.max.bytes", "500"},
    {"log.message.timestamp.after.max.ms", "5"},
    {"log.message.timestamp.before.max.ms", "5"},
    {"log.message.timestamp.type", "LogAppendTime"},
    {"log.preallocate", "true"},
    {"log.retention.bytes", "5"},
    {"log.retention.ms", "5"},
    {"log.roll.jitter.ms", "5"},
    {"log.roll.ms", "5"},
    {"log.segment.bytes", "5000000"},
    {"log.segment.delete.delay.ms", "5"},
    {"max.connections", "5"},
    {"max.connections.per.ip", "5"},
    {"max.connections.per.ip.overrides", "10.0.0.1:5"},
    {"max.decompressed.message.bytes", "5"},
    {"message.max.bytes", "5"},
    {"min.insync.replicas", "5"},
    {"producer.id.expiration.ms", "5"},
    {"replica.alter.log.dirs.io.max.bytes.per.second", "5"},
    {"unclean.leader.election.enable", "true"}};

TEST(TopicConfigs, every_broker_key_that_can_change_has_an_effect) {
  const auto file = StaticConfig::make(embedded_properties("/data")).value();
  const TopicConfigs configs(file, NodeId(1));
  const auto before = describe(configs, metadata::Image());
  for (const ConfigKey& key : broker_config_keys()) {
    if (!is_changeable(key)) continue;
    const auto other = other_values.find(key.name);
    ASSERT_NE(other, other_values.end()) << key.name << " has no other value in this test";
    for (const char* broker : {"", "1"}) {
      EXPECT_NE(describe(configs, *image_with(broker, key.name, other->second)), before)
          << key.name;
    }
    EXPECT_EQ(describe(configs, *image_with("2", key.name, other->second)), before)
        << "of another broker: " << key.name;
  }
  for (const auto& [name, value] : other_values) {
    EXPECT_TRUE(is_changeable(*find_broker_config_key(name))) << name;
  }
}

metadata::ImagePtr image_of_group(const Properties& settings) {
  metadata::ImageBuilder builder;
  std::int64_t offset = 0;
  for (const auto& [key, value] : settings) {
    protocol::ConfigRecord record;
    record.resource_type = static_cast<std::int8_t>(metadata::ResourceType::group);
    record.resource_name = Text::copy("g");
    record.name = Text::copy(key);
    record.value = Text::copy(value);
    EXPECT_TRUE(builder.replay(record, {Offset(offset++), LeaderEpoch(1), 0}));
  }
  return builder.build().image;
}

TEST(TopicConfigs, group_settings_are_brought_into_the_bounds_of_this_broker) {
  auto properties = embedded_properties("/data");
  properties["group.consumer.max.session.timeout.ms"] = "50000";
  const auto file = StaticConfig::make(properties).value();
  const TopicConfigs configs(file, NodeId(1));
  const auto image = image_of_group(
      {{"consumer.session.timeout.ms", "60000"}, {"consumer.heartbeat.interval.ms", "1"}});
  const auto own = configs.group_overrides(*image, "g");
  EXPECT_EQ(own.consumer_session_timeout_ms, 50'000);
  EXPECT_EQ(own.consumer_heartbeat_interval_ms, 5'000);
  EXPECT_EQ(own.consumer_assignment_interval_ms, std::nullopt);
  EXPECT_EQ(configs.group_overrides(*image, "h").consumer_session_timeout_ms, std::nullopt);
}

}  // namespace
}  // namespace moldau::broker
