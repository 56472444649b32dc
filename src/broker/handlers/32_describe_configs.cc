// DescribeConfigs (API 32).
//   1  sources and synonyms (KIP-226)      3  types and documentation (KIP-569)
//   4  flexible
#include <algorithm>
#include <charconv>

#include "base/config_table.h"
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "metadata/topic_name.h"
#include "protocol/messages/describe_configs.h"

namespace moldau::broker {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;
using Result_ = DescribeConfigsResponse::DescribeConfigsResult;

struct Wish {
  const DescribeConfigsRequest::DescribeConfigsResource& resource;
  bool synonyms;
  bool documentation;

  bool wants(std::string_view key) const {
    if (!resource.configuration_keys || resource.configuration_keys->empty()) return true;
    const auto& keys = *resource.configuration_keys;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
};

std::optional<Text> to_text(const std::optional<std::string>& value) {
  return value ? std::optional<Text>(Text(*value)) : std::nullopt;
}

void add_config(const Wish& wish, const ResolvedConfig& config, Result_& result) {
  const ConfigKey& key = *config.key;
  auto& out = result.configs.emplace_back();
  out.name = Text::view(key.name);
  out.value = key.sensitive() ? std::nullopt : to_text(config.value);
  out.config_source = static_cast<std::int8_t>(config.source);
  out.is_sensitive = key.sensitive();
  out.config_type = static_cast<std::int8_t>(key.type);
  out.documentation.reset();
  if (wish.documentation) out.documentation = Text::view(key.doc);
  if (!wish.synonyms) return;
  for (const auto& synonym : config.synonyms) {
    if (!synonym.value) continue;
    auto& entry = out.synonyms.emplace_back();
    entry.name = Text(synonym.name);
    entry.value = key.sensitive() ? std::nullopt : to_text(synonym.value);
    entry.source = static_cast<std::int8_t>(synonym.source);
  }
}

/// Of the broker's synonyms Kafka lists none before the one that the setting is named after: where
/// only log.retention.hours is set, retention.ms has no synonyms and counts as a default.
ResolvedConfig as_kafka_tells(ResolvedConfig config) {
  auto& synonyms = config.synonyms;
  const auto first_of_broker = std::ranges::find_if(
      synonyms, [](const ConfigSetting& setting) { return setting.source != ConfigSource::topic; });
  synonyms.erase(first_of_broker,
                 std::find_if(first_of_broker, synonyms.end(), [&](const ConfigSetting& setting) {
                   return setting.name == config.key->synonyms[0].name;
                 }));
  config.source = synonyms.empty() ? ConfigSource::default_value : synonyms.front().source;
  return config;
}

void describe_topic(Broker& broker, const RequestContext& context, const Wish& wish,
                    Result_& result) {
  const std::string_view name = wish.resource.resource_name;
  if (auto problem = metadata::reject_topic_name(name)) {
    result.error_code = ErrorCode::invalid_topic_exception;
    result.error_message = Text(std::move(*problem));
    return;
  }
  if (context.image->topic(name) == nullptr) {
    result.error_code = ErrorCode::unknown_topic_or_partition;
    return;
  }
  const auto& own = context.image->config(metadata::ResourceType::topic, name);
  const auto layers = broker.topic_configs().layers(*context.image, &own);
  for (const ConfigKey& key : topic_config_keys()) {
    if (key.internal || !wish.wants(key.name)) continue;
    add_config(wish, as_kafka_tells(resolve_topic_config(key, layers)), result);
  }
}

void describe_this_broker(Broker& broker, const RequestContext& context, const Wish& wish,
                          Result_& result) {
  const auto layers = broker.topic_configs().layers(*context.image, nullptr);
  const StaticConfig& given = broker.config().properties;
  for (const ConfigKey& key : broker_config_keys()) {
    if (key.internal && !given.is_set(key.name)) continue;
    if (!wish.wants(key.name)) continue;
    add_config(wish, resolve_broker_config(key, layers), result);
    result.configs.back().read_only = !is_changeable(key);
  }
}

/// Of a group that need not be there. Settings that have no effect here are not told of.
void describe_group(Broker& broker, const RequestContext& context, const Wish& wish,
                    Result_& result) {
  const std::string_view name = wish.resource.resource_name;
  if (name.empty()) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message = Text::view("Group name must not be empty");
    return;
  }
  const auto layers = broker.topic_configs().group_layers(*context.image, name);
  for (const ConfigKey& key : group_config_keys()) {
    if (key.use == ConfigUse::ignored || !wish.wants(key.name)) continue;
    add_config(wish, resolve_group_config(key, layers), result);
  }
}

/// The settings that all brokers have in the metadata log, and nothing else.
void describe_cluster_default(const RequestContext& context, const Wish& wish, Result_& result) {
  for (const auto& [name, value] : context.image->config(metadata::ResourceType::broker, "")) {
    const ConfigKey* key = find_broker_config_key(name);
    if (key == nullptr || !wish.wants(name)) continue;
    const ConfigSetting setting{name, value, ConfigSource::dynamic_default_broker};
    add_config(wish, {key, value, setting.source, {setting}}, result);
    result.configs.back().read_only = !is_changeable(*key);
  }
}

void describe_broker(Broker& broker, const RequestContext& context, const Wish& wish,
                     Result_& result) {
  const std::string_view name = wish.resource.resource_name;
  if (name.empty()) return describe_cluster_default(context, wish, result);
  std::int32_t id = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size()) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message = Text(fmt::format("Broker id must be an integer, but it is: {}", name));
  } else if (NodeId(id) != broker.config().node_id) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message =
        Text(fmt::format("Unexpected broker id, expected {} or empty string, but received {}",
                         broker.config().node_id, name));
  } else {
    describe_this_broker(broker, context, wish, result);
  }
}

}  // namespace

env::Task<DescribeConfigsResponse> handle_describe_configs(Broker& broker, RequestContext& context,
                                                           DescribeConfigsRequest request) {
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = Text::view(resource.resource_name);
    const Wish wish{resource, request.include_synonyms, request.include_documentation};
    switch (static_cast<metadata::ResourceType>(resource.resource_type)) {
      case metadata::ResourceType::topic:
        describe_topic(broker, context, wish, result);
        break;
      case metadata::ResourceType::broker:
        describe_broker(broker, context, wish, result);
        break;
      case metadata::ResourceType::group:
        describe_group(broker, context, wish, result);
        break;
      default:
        result.error_code = ErrorCode::invalid_request;
        result.error_message =
            Text(fmt::format("Resource type {} has no configuration here", resource.resource_type));
    }
  }
  co_return response;
}

}  // namespace moldau::broker
