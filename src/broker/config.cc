#include "broker/config.h"

#include <algorithm>
#include <limits>

namespace moldau::broker {
namespace {

constexpr std::uint64_t request_memory_default = std::uint64_t{256} << 20;

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

storage::FlushStrategy flush_strategy_of(const std::string& text) {
  if (text == "fdatasync") return storage::FlushStrategy::fdatasync;
  if (text == "syncfs") return storage::FlushStrategy::syncfs;
  return storage::FlushStrategy::automatic;
}

/// Only the combined role and plaintext are served so far; anything else must not be accepted and
/// then not done. And values that Kafka checks together.
Result<> check_served(const StaticConfig& properties) {
  const auto roles = properties.list("process.roles");
  if (!contains(roles, "broker") || !contains(roles, "controller")) {
    return fail(Errc::invalid,
                "process.roles: this version runs as \"broker,controller\" only; clusters come "
                "later");
  }
  if (const auto voters = properties.list("controller.quorum.voters"); voters.size() > 1) {
    return fail(Errc::invalid,
                "controller.quorum.voters: this version is a quorum of one; clusters come later");
  }
  if (auto refusal = reject_cleaner_memory(properties.integer("log.cleaner.dedupe.buffer.size"),
                                           properties.integer("log.cleaner.threads"))) {
    return fail(Errc::invalid, std::move(*refusal));
  }
  return {};
}

Result<> check_plaintext(const StaticConfig& properties,
                         const std::vector<ListenerAddress>& listeners) {
  const auto map = TRY(parse_protocol_map("listener.security.protocol.map",
                                          properties.text("listener.security.protocol.map")));
  for (const auto& listener : listeners) {
    const auto found = map.find(listener.name);
    if (found != map.end() && found->second == "PLAINTEXT") continue;
    return fail(Errc::invalid,
                fmt::format("listeners: {} is not mapped to PLAINTEXT by "
                            "listener.security.protocol.map; TLS and SASL are not served yet",
                            listener.name));
  }
  return {};
}

Result<> take_listeners(BrokerConfig& config) {
  const auto& properties = config.properties;
  const auto all = TRY(parse_listeners("listeners", properties.list("listeners")));
  TRY(check_plaintext(properties, all));
  const auto controller_names = properties.list("controller.listener.names");
  for (const auto& listener : all) {
    const bool is_controller = contains(controller_names, listener.name);
    (is_controller ? config.controller_listeners : config.listeners).push_back(listener);
  }
  if (config.listeners.empty()) {
    return fail(Errc::invalid, "listeners: there is none that is not a controller listener");
  }
  if (config.controller_listeners.empty()) {
    return fail(Errc::invalid,
                "listeners: none of controller.listener.names is in it; the combined role needs "
                "one, such as CONTROLLER://:9093");
  }
  config.advertised = config.listeners;
  config.has_advertised_listeners = properties.is_set("advertised.listeners");
  if (!config.has_advertised_listeners) return {};
  const auto advertised =
      TRY(parse_listeners("advertised.listeners", properties.list("advertised.listeners")));
  for (auto& listener : config.advertised) {
    const auto found = std::find_if(advertised.begin(), advertised.end(),
                                    [&](const auto& a) { return a.name == listener.name; });
    if (found != advertised.end()) listener = *found;
    if (found != advertised.end() && found->host.empty()) {
      return fail(Errc::invalid, fmt::format("advertised.listeners: {} has no host", found->name));
    }
  }
  return {};
}

std::int32_t to_int32(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

Result<> take_server_options(BrokerConfig& config) {
  const auto& p = config.properties;
  auto& server = config.server;
  server.connection.frame_bytes_max = to_int32(p.integer("socket.request.max.bytes"));
  server.connection.idle_max = milliseconds(p.integer("connections.max.idle.ms"));
  const auto memory = p.integer("queued.max.request.bytes");
  config.request_memory_bytes =
      memory > 0 ? static_cast<std::uint64_t>(memory) : request_memory_default;
  // The limits of connections can change: TopicConfigs reads them.
  TRY(parse_connection_limits("max.connections.per.ip.overrides",
                              p.text("max.connections.per.ip.overrides")));
  return {};
}

}  // namespace

Result<BrokerConfig> BrokerConfig::make(StaticConfig properties) {
  TRY(check_served(properties));
  BrokerConfig config{.properties = std::move(properties)};
  const auto& p = config.properties;
  config.node_id = NodeId(to_int32(p.integer("node.id")));
  config.rack = p.maybe_text("broker.rack");
  TRY(take_listeners(config));
  config.log_dirs = p.log_dirs();
  config.flush_strategy = flush_strategy_of(p.text("flush.strategy"));
  if (const auto bytes = p.maybe_integer("log.dir.min.free.bytes")) {
    config.min_free_bytes = static_cast<std::uint64_t>(*bytes);
  }
  config.scrub_bytes_per_second =
      static_cast<std::uint64_t>(p.integer("log.scrub.bytes.per.second"));
  config.auto_create_topics_enable = p.boolean("auto.create.topics.enable");
  config.fetch_max_bytes = p.integer("fetch.max.bytes");
  config.fetch_session_slots =
      static_cast<std::size_t>(p.integer("max.incremental.fetch.session.cache.slots"));
  config.max_request_partition_size_limit = to_int32(p.integer("max.request.partition.size.limit"));
  TRY(take_server_options(config));
  return config;
}

std::int16_t security_protocol_number(std::string_view name) {
  if (name == "PLAINTEXT") return 0;
  if (name == "SSL") return 1;
  if (name == "SASL_PLAINTEXT") return 2;
  if (name == "SASL_SSL") return 3;
  return -1;
}

}  // namespace moldau::broker
