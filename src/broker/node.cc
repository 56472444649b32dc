#include "broker/node.h"

#include <algorithm>

#include "broker/format.h"
#include "broker/group_coordinators.h"
#include "broker/replica_moves.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {

/// A client that is in the middle of something when the node stops gets this much of the time that
/// is left; the rest is for the disk.
constexpr auto closing_reserve = std::chrono::seconds(5);

std::int16_t protocol_of(const StaticConfig& properties, const std::string& listener) {
  const auto map = parse_protocol_map("listener.security.protocol.map",
                                      properties.text("listener.security.protocol.map"));
  if (!map) return security_protocol_number(listener);
  const auto found = map->find(listener);
  return security_protocol_number(found == map->end() ? listener : found->second);
}

bool concerns_brokers(const metadata::Delta& delta) {
  return std::ranges::any_of(delta.configs, [](const metadata::ConfigResource& resource) {
    return resource.type == static_cast<std::int8_t>(metadata::ResourceType::broker);
  });
}

}  // namespace

Node::Node(env::Env& env, BrokerConfig config)
    : env_(env),
      config_(std::move(config)),
      worker_(env.workers().at(0)),
      metadata_work_(std::make_shared<env::Signal>(worker_)),
      open_files_(std::make_shared<storage::OpenFiles>(config_.open_log_files_max)),
      topic_configs_(config_.properties, config_.node_id) {}

Node::~Node() = default;

env::Task<Result<>> Node::start() {
  dirs_ = CO_TRY(LogDirectories::open(env_, config_, {cleaners_, open_files_}));
  CO_TRY(co_await start_metadata());
  CO_TRY(co_await register_self());
  CO_TRY(co_await replicas_->load(broker_->image()));
  replicas_loaded_ = true;
  housekeeping_ = std::make_unique<env::Scope>(worker_);
  cleaners_->set_config(topic_configs_.cleaner_config(*broker_->image()));
  for (const OpenDir& dir : dirs_.opened()) {
    housekeeping_->spawn(dir.dir->run(worker_));
    housekeeping_->spawn(dir.dir->run_cleaner(worker_));
    housekeeping_->spawn(dir.dir->run_scrubber(worker_));
  }
  co_await reports_->report_while_fenced(broker_epoch_);
  CO_TRY(co_await become_unfenced());
  housekeeping_->spawn(reports_->run(broker_epoch_));
  broker_->moves().set_rate(topic_configs_.move_bytes_per_second(*broker_->image()));
  broker_->moves().start(*reports_, worker_);
  co_return open_listeners();
}

env::Task<Result<>> Node::start_metadata() {
  auto log = co_await MetadataLog::open(env_, config_, *dirs_.first().dir, dirs_.first().id,
                                        metadata_work_);
  if (!log) co_return std::unexpected(std::move(log).error().within("metadata log"));
  metadata_log_ = std::move(*log);
  bootstrap_ = CO_TRY(read_bootstrap(env_, dirs_.first().dir->path()));
  const auto& p = config_.properties;
  metadata::ControllerConfig controller{
      .node_id = config_.node_id,
      .cluster_id = dirs_.cluster_id(),
      .local_broker = config_.node_id,
      .session_timeout = milliseconds(p.integer("broker.session.timeout.ms")),
      .default_partitions = static_cast<std::int32_t>(p.integer("num.partitions")),
      .default_replication_factor =
          static_cast<std::int16_t>(p.integer("default.replication.factor")),
      .delete_topic_enable = p.boolean("delete.topic.enable"),
      .supported_features = supported_features(),
      .bootstrap = bootstrap_.records};
  controller_ = std::make_unique<ControllerDriver>(env_, worker_, std::move(controller),
                                                   topic_configs_, *metadata_work_);
  broker_ = std::make_unique<Broker>(env_, config_, *controller_, topic_configs_, dirs_);
  reports_ =
      std::make_unique<DirectoryReports>(env_, *controller_, config_.node_id, dirs_.opened());
  for (const OpenDir& dir : dirs_.opened()) {
    dir.dir->on_offline([report = reports_->on_failure()](const Error&) { report(); });
  }
  replicas_ = std::make_unique<Replicas>(*broker_, dirs_, *reports_, worker_);
  auto publish = [this](metadata::ImagePtr image, metadata::Delta delta) {
    return follow(std::move(image), std::move(delta));
  };
  co_return co_await controller_->start(*metadata_log_, publish);
}

/// Until the replicas are loaded, news only accumulates in the image that they are loaded from.
env::Task<ControllerDriver::Followed> Node::follow(metadata::ImagePtr image,
                                                   metadata::Delta delta) {
  using Followed = ControllerDriver::Followed;
  if (!replicas_loaded_) co_return Followed::all;
  if (concerns_brokers(delta)) {
    cleaners_->set_config(topic_configs_.cleaner_config(*image));
    broker_->moves().set_rate(topic_configs_.move_bytes_per_second(*image));
    if (server_ != nullptr) server_->set_limits(topic_configs_.connection_limits(*image));
  }
  co_await replicas_->apply(image, delta);
  broker_->groups().apply(*image, delta);
  co_return replicas_->is_behind() ? Followed::not_yet : Followed::all;
}

env::Task<Result<>> Node::register_controller(const Uuid& incarnation) {
  protocol::ControllerRegistrationRequest request;
  request.controller_id = config_.node_id;
  request.incarnation_id = incarnation;
  request.zk_migration_ready = false;
  for (const auto& endpoint : self_voter(config_, dirs_.first().id).endpoints) {
    auto& listener = request.listeners.emplace_back();
    listener.name = Text::view(endpoint.name);
    listener.host = Text::copy(endpoint.host);
    listener.port = endpoint.port;
    listener.security_protocol = protocol_of(config_.properties, endpoint.name);
    listener.name = Text::copy(endpoint.name);
  }
  for (const auto& [name, range] : supported_features()) {
    auto& feature = request.features.emplace_back();
    feature.name = Text::view(name);
    feature.min_supported_version = range.min;
    feature.max_supported_version = range.max;
  }
  const auto reply = co_await controller_->run<protocol::ControllerRegistrationResponse>(
      worker_, [&](metadata::Controller& controller, const metadata::Context& context) {
        return controller.register_controller(context, request);
      });
  if (!reply || reply->error_code != ErrorCode::none) {
    co_return fail(Errc::unavailable, fmt::format("controller registration refused: {}",
                                                  reply ? reply->error_code : reply.error()));
  }
  co_return Result<>();
}

env::Task<Result<>> Node::register_self() {
  const Uuid incarnation = env_.entropy().uuid();
  CO_TRY(co_await register_controller(incarnation));
  protocol::BrokerRegistrationRequest request;
  request.broker_id = config_.node_id;
  request.cluster_id = Text::view(dirs_.cluster_id());
  request.incarnation_id = incarnation;
  for (const auto& address : config_.advertised) {
    auto& listener = request.listeners.emplace_back();
    listener.name = Text::view(address.name);
    listener.host = address.host.empty() ? Text("localhost") : Text::view(address.host);
    listener.port = address.port;
    listener.security_protocol = protocol_of(config_.properties, address.name);
  }
  for (const auto& [name, range] : supported_features()) {
    auto& feature = request.features.emplace_back();
    feature.name = Text::view(name);
    feature.min_supported_version = range.min;
    feature.max_supported_version = range.max;
  }
  request.rack = config_.rack ? std::optional(Text::view(*config_.rack)) : std::nullopt;
  for (const OpenDir& dir : dirs_.opened()) request.log_dirs.push_back(dir.id);
  std::sort(request.log_dirs.begin(), request.log_dirs.end());
  request.previous_broker_epoch = dirs_.previous_broker_epoch();
  const auto reply = co_await controller_->run<protocol::BrokerRegistrationResponse>(
      worker_, [&](metadata::Controller& controller, const metadata::Context& context) {
        return controller.register_broker(context, request);
      });
  if (!reply || reply->error_code != ErrorCode::none) {
    co_return fail(Errc::unavailable, fmt::format("broker registration refused: {}",
                                                  reply ? reply->error_code : reply.error()));
  }
  broker_epoch_ = reply->broker_epoch;
  broker_->producer_ids().set_broker_epoch(broker_epoch_);
  co_return Result<>();
}

/// Tells the controller that everything is loaded; leaders are elected by it.
env::Task<Result<>> Node::become_unfenced() {
  protocol::BrokerHeartbeatRequest request;
  request.broker_id = config_.node_id;
  request.broker_epoch = broker_epoch_;
  request.current_metadata_offset = broker_->image()->last_offset;
  request.want_fence = false;
  const auto reply = co_await controller_->run<protocol::BrokerHeartbeatResponse>(
      worker_, [&](metadata::Controller& controller, const metadata::Context& context) {
        return controller.broker_heartbeat(context, request);
      });
  if (!reply || reply->error_code != ErrorCode::none || reply->is_fenced) {
    co_return fail(Errc::unavailable, fmt::format("the controller keeps this broker fenced: {}",
                                                  reply ? reply->error_code : reply.error()));
  }
  co_return Result<>();
}

Result<> Node::open_listeners() {
  budget_ = std::make_shared<net::ByteBudget>(config_.request_memory_bytes);
  net::ServerOptions options = config_.server;
  options.limits = topic_configs_.connection_limits(*broker_->image());
  server_ = std::make_unique<net::Server>(env_, *budget_, *broker_, std::move(options));
  auto open = [&](const ListenerAddress& address) -> Result<> {
    net::ListenerOptions listener{.name = address.name,
                                  .endpoint = {.host = address.host, .port = address.port}};
    auto endpoint = server_->open(listener);
    if (!endpoint) {
      return std::unexpected(
          std::move(endpoint).error().within(fmt::format("listener {}", address.name)));
    }
    listener.endpoint = *endpoint;
    bound_.push_back(listener);
    return {};
  };
  for (const auto& address : config_.listeners) TRY(open(address));
  for (const auto& address : config_.controller_listeners) TRY(open(address));
  return {};
}

env::Task<> Node::stop(MonoTime deadline) {
  // Members that wait for one another must not keep the server from stopping.
  if (broker_ != nullptr) co_await broker_->groups().stop();
  if (server_ != nullptr) co_await server_->stop(deadline - closing_reserve);
  if (broker_ != nullptr) co_await broker_->moves().stop();
  if (housekeeping_ != nullptr) co_await housekeeping_->stop();
  if (controller_ != nullptr) co_await controller_->stop();
  if (broker_ != nullptr) {
    for (const auto& partition : broker_->partitions().all()) partition->close();
  }
  for (const OpenDir& dir : dirs_.opened()) {
    if (dir.dir->is_offline()) continue;
    const auto closed = co_await dir.dir->close(worker_, broker_epoch_);
    if (!closed) {
      env_.log().error("log directory was not closed cleanly path={} error=\"{}\"", dir.dir->path(),
                       closed.error().to_string());
    }
  }
}

std::size_t Node::quarantined_partitions() const {
  std::size_t count = replicas_ == nullptr ? 0 : replicas_->quarantined();
  for (const auto& [path, stats] : directory_stats()) count += stats.quarantined_logs;
  return count;
}

std::vector<std::pair<std::string, storage::LogDirStats>> Node::directory_stats() const {
  std::vector<std::pair<std::string, storage::LogDirStats>> stats;
  for (const OpenDir& dir : dirs_.opened()) stats.emplace_back(dir.dir->path(), dir.dir->stats());
  for (const auto& path : dirs_.lost()) {
    stats.emplace_back(path, storage::LogDirStats{.offline = true});
  }
  return stats;
}

net::ServerStats Node::server_stats() const {
  return server_ == nullptr ? net::ServerStats{} : server_->stats();
}

}  // namespace moldau::broker
