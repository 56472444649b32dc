#include "apps/cli/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace moldau::apps {
namespace {

using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;

/// Runs `request(options, queue)`, one of librdkafka's admin calls, and waits for its event.
Result<Event> ask(const KafkaClient& client, rd_kafka_admin_op_t operation, const std::string& what,
                  const auto& request) {
  const int timeout_ms = client.options().timeout_ms;
  Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options(
      rd_kafka_AdminOptions_new(client.get(), operation));
  char text[512];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, text, sizeof text);
  Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue(rd_kafka_queue_new(client.get()));
  request(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), timeout_ms));
  const auto code =
      event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(client.explain(code, what));
  return event;
}

/// The outcome for the one topic that was asked about.
Result<> outcome(const KafkaClient& client, const rd_kafka_topic_result_t& result) {
  const auto code = rd_kafka_topic_result_error(&result);
  const std::string name = rd_kafka_topic_result_name(&result);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return fail(Errc::exists,
                fmt::format("{0}: this topic exists. See `moldau topic describe {0}`.", name));
  }
  const char* text = rd_kafka_topic_result_error_string(&result);
  if (text != nullptr && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return fail(Errc::invalid, fmt::format("{}: {}", name, text));
  }
  return std::unexpected(client.explain(code, name));
}

}  // namespace

Result<> create_topic(const KafkaClient& client, const NewTopic& topic) {
  char text[512];
  Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> request(rd_kafka_NewTopic_new(
      topic.name.c_str(), topic.partitions, topic.replication_factor, text, sizeof text));
  if (request == nullptr) return fail(Errc::invalid, text);
  for (const auto& [name, value] : topic.configs) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  const auto event =
      TRY(ask(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, topic.name, [&](auto* options, auto* queue) {
        rd_kafka_NewTopic_t* list[] = {request.get()};
        rd_kafka_CreateTopics(client.get(), list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return count == 0 ? Result<>() : outcome(client, *results[0]);
}

Result<> delete_topic(const KafkaClient& client, const std::string& name) {
  Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> request(
      rd_kafka_DeleteTopic_new(name.c_str()));
  const auto event =
      TRY(ask(client, RD_KAFKA_ADMIN_OP_DELETETOPICS, name, [&](auto* options, auto* queue) {
        rd_kafka_DeleteTopic_t* list[] = {request.get()};
        rd_kafka_DeleteTopics(client.get(), list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return count == 0 ? Result<>() : outcome(client, *results[0]);
}

Result<std::vector<TopicConfig>> topic_configs(const KafkaClient& client, const std::string& name) {
  Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  const auto event =
      TRY(ask(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, name, [&](auto* options, auto* queue) {
        rd_kafka_ConfigResource_t* list[] = {resource.get()};
        rd_kafka_DescribeConfigs(client.get(), list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto* resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  std::vector<TopicConfig> configs;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_ConfigResource_error(resources[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(client.explain(code, name));
    std::size_t entries = 0;
    const auto* entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      const auto source = rd_kafka_ConfigEntry_source(entry[j]);
      configs.push_back({.name = rd_kafka_ConfigEntry_name(entry[j]),
                         .value = value == nullptr ? "" : value,
                         .is_default = source != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG});
    }
  }
  std::ranges::sort(configs, {}, &TopicConfig::name);
  return configs;
}

}  // namespace moldau::apps
