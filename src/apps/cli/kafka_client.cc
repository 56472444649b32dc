#include "apps/cli/kafka_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::apps {
namespace {

Result<> set(rd_kafka_conf_t& conf, const std::string& name, const std::string& value) {
  char text[512];
  if (rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), text, sizeof text) !=
      RD_KAFKA_CONF_OK) {
    return fail(Errc::invalid, fmt::format("-X {}={}: {}", name, value, text));
  }
  return {};
}

std::vector<std::int32_t> ids(const std::int32_t* first, int count) {
  return {first, first + count};
}

TopicInfo topic_info(const rd_kafka_metadata_topic_t& from) {
  TopicInfo topic{.name = from.topic, .partitions = {}};
  for (int i = 0; i < from.partition_cnt; ++i) {
    const auto& partition = from.partitions[i];
    topic.partitions.push_back({.id = partition.id,
                                .leader = partition.leader,
                                .replicas = ids(partition.replicas, partition.replica_cnt),
                                .in_sync = ids(partition.isrs, partition.isr_cnt)});
  }
  std::ranges::sort(topic.partitions, {}, &PartitionInfo::id);
  return topic;
}

}  // namespace

Result<KafkaClient> KafkaClient::make(Kind kind, const ClientOptions& options,
                                      const ClientProperties& properties,
                                      const Callbacks& callbacks) {
  Owned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), callbacks.on_delivery);
  if (callbacks.on_rebalance != nullptr) {
    rd_kafka_conf_set_rebalance_cb(conf.get(), callbacks.on_rebalance);
  }
  rd_kafka_conf_set_opaque(conf.get(), callbacks.opaque);
  TRY(set(*conf, "bootstrap.servers", options.bootstrap));
  TRY(set(*conf, "client.id", "moldau"));
  for (const auto& [name, value] : properties) TRY(set(*conf, name, value));
  for (const auto& property : options.properties) {
    const auto equals = property.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::invalid, fmt::format("-X {}: write it as key=value", property));
    }
    TRY(set(*conf, property.substr(0, equals), property.substr(equals + 1)));
  }
  char text[512];
  const auto type = kind == Kind::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
  Handle handle(rd_kafka_new(type, conf.get(), text, sizeof text));
  if (handle == nullptr) return fail(Errc::invalid, text);
  conf.release();  // the handle owns it now
  return KafkaClient(std::move(handle), options);
}

Error KafkaClient::explain(rd_kafka_resp_err_t code, const std::string& what) const {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return {Errc::unavailable,
              fmt::format("{}: no answer from {}. Is a broker running there? Start one with "
                          "`moldau server`, or name yours with --bootstrap HOST:PORT",
                          what, options_.bootstrap)};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return {Errc::not_found, fmt::format("{}: there is no such topic. See `moldau topic list`; "
                                           "make one with `moldau topic create NAME`",
                                           what)};
    default:
      return {Errc::invalid,
              fmt::format("{}: {} ({})", what, rd_kafka_err2str(code), rd_kafka_err2name(code))};
  }
}

Result<std::vector<TopicInfo>> KafkaClient::topics() const {
  constexpr int all_topics = 1;
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(get(), all_topics, nullptr, &metadata, options_.timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(explain(code, "topics"));
  std::vector<TopicInfo> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) topics.push_back(topic_info(metadata->topics[i]));
  rd_kafka_metadata_destroy(metadata);
  std::ranges::sort(topics, {}, &TopicInfo::name);
  return topics;
}

Result<TopicInfo> KafkaClient::topic(const std::string& name) const {
  // Asking for one topic by name may create it, asking for all does not.
  auto all = TRY(topics());
  const auto found = std::ranges::find(all, name, &TopicInfo::name);
  if (found != all.end()) return std::move(*found);
  return std::unexpected(explain(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, name));
}

Result<std::pair<std::int64_t, std::int64_t>> KafkaClient::offsets(const std::string& topic,
                                                                   std::int32_t partition) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto code = rd_kafka_query_watermark_offsets(get(), topic.c_str(), partition, &low, &high,
                                                     options_.timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(explain(code, fmt::format("{} partition {}", topic, partition)));
  }
  return std::pair(low, high);
}

Result<std::int64_t> KafkaClient::offset_at(const std::string& topic, std::int32_t partition,
                                            std::int64_t timestamp) const {
  Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy> list(
      rd_kafka_topic_partition_list_new(1));
  auto& asked = *rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  asked.offset = timestamp;
  auto code = rd_kafka_offsets_for_times(get(), list.get(), options_.timeout_ms);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = asked.err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(explain(code, fmt::format("{} partition {}", topic, partition)));
  }
  return asked.offset < 0 ? RD_KAFKA_OFFSET_END : asked.offset;
}

}  // namespace moldau::apps
