#include "broker/broker.h"

#include "broker/controller_driver.h"
#include "broker/dispatch.h"
#include "broker/group_coordinators.h"
#include "broker/internal_topics.h"
#include "broker/replica_moves.h"
#include "metadata/builder.h"
#include "protocol/messages/create_topics.h"

namespace moldau::broker {

const metadata::FeatureRanges& supported_features() {
  // Only what is done: the other features are announced as 0 to 0, that is, not at all, until the
  // issues that build them turn them on.
  static const metadata::FeatureRanges features{
      {std::string(metadata::group_version_feature), {0, 1}},
      {std::string(metadata::kraft_version_feature), {0, 1}},
      {std::string(metadata::metadata_version_feature), metadata::metadata_versions}};
  return features;
}

namespace {

/// Entropy is only asked where chance has to choose: a simulation without the log runs as before.
Prng request_log_chance(env::Env& env, const BrokerConfig& config) {
  return config.request_log.per_million > 0 ? env.entropy().prng() : Prng(0);
}

}  // namespace

Broker::Broker(env::Env& env, const BrokerConfig& config, ControllerDriver& controller,
               const TopicConfigs& topic_configs, const LogDirectories& directories)
    : env_(env),
      config_(config),
      controller_(controller),
      topic_configs_(topic_configs),
      directories_(directories),
      fetch_sessions_(config.fetch_session_slots, env.entropy().prng()),
      producer_ids_(controller, config.node_id),
      refusals_(env.log()),
      read_failures_(env.log(), "more reads failed"),
      request_log_(env.log(), config.request_log, request_log_chance(env, config)),
      answer_memory_(static_cast<std::int64_t>(config.request_memory_bytes)),
      groups_(std::make_unique<GroupCoordinators>(*this, controller.worker())),
      moves_(std::make_unique<ReplicaMoves>(env, directories, partitions_)) {}

Broker::~Broker() {
  read_failures_.say_rest();
}

metadata::ImagePtr Broker::image() const {
  return controller_.image();
}

env::Task<> Broker::auto_create_topics(const RequestContext& context,
                                       std::vector<std::string> names) {
  protocol::CreateTopicsRequest request;
  if (std::erase(names, std::string(consumer_offsets_topic)) > 0) {
    co_await create_consumer_offsets(context);
  }
  if (names.empty()) co_return;
  for (const auto& name : names) {
    auto& topic = request.topics.emplace_back();
    topic.name = Text::view(name);
    topic.num_partitions = -1;
    topic.replication_factor = -1;
  }
  co_await create_topics(context, std::move(request));
}

env::Task<> Broker::create_consumer_offsets(const RequestContext& context) {
  const auto& p = config_.properties;
  protocol::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::view(consumer_offsets_topic);
  topic.num_partitions = static_cast<std::int32_t>(p.integer("offsets.topic.num.partitions"));
  topic.replication_factor =
      static_cast<std::int16_t>(p.integer("offsets.topic.replication.factor"));
  const auto set = [&topic](std::string_view key, std::string value) {
    auto& config = topic.configs.emplace_back();
    config.name = Text::view(key);
    config.value = Text(std::move(value));
  };
  set("cleanup.policy", "compact");
  set("compression.type", "producer");
  set("segment.bytes", fmt::format("{}", p.integer("offsets.topic.segment.bytes")));
  co_await create_topics(context, std::move(request));
}

env::Task<> Broker::create_topics(const RequestContext& context,
                                  protocol::CreateTopicsRequest request) {
  const auto reply = co_await controller_.run<protocol::CreateTopicsResponse>(
      context.worker, [&](metadata::Controller& controller, const metadata::Context& now) {
        return controller.create_topics(now, request);
      });
  if (!reply) {
    env_.log().warn("auto creation failed topic={} error={}", request.topics.front().name,
                    reply.error());
    co_return;
  }
  for (const auto& topic : reply->topics) {
    // TOPIC_ALREADY_EXISTS: another request was faster, which is as good.
    if (topic.error_code == protocol::ErrorCode::none ||
        topic.error_code == protocol::ErrorCode::topic_already_exists) {
      continue;
    }
    env_.log().warn("auto creation failed topic={} error={} message=\"{}\"", topic.name,
                    topic.error_code, topic.error_message.value_or(Text()));
  }
}

std::unique_ptr<net::Session> Broker::open(const net::ConnectionInfo& info,
                                           std::shared_ptr<net::Wakeup> wakeup) {
  const auto kind =
      is_controller_listener(info.listener) ? ListenerKind::controller : ListenerKind::broker;
  return std::make_unique<Dispatch>(*this, kind, info, std::move(wakeup));
}

bool Broker::is_controller_listener(std::string_view name) const {
  return std::any_of(config_.controller_listeners.begin(), config_.controller_listeners.end(),
                     [&](const auto& listener) { return listener.name == name; });
}

}  // namespace moldau::broker
