#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "metadata/controller.h"
#include "metadata/image_records.h"

/// Registration and heartbeats (facts §6.1).
namespace moldau::metadata {
namespace {

using protocol::ErrorCode;

struct Rejection {
  ErrorCode error;
  std::string reason;
};

std::optional<Rejection> check_directories(const Image& image,
                                           const protocol::BrokerRegistrationRequest& request) {
  if (request.log_dirs.empty()) {
    return Rejection{ErrorCode::invalid_registration, "No directories specified in request"};
  }
  if (std::ranges::any_of(request.log_dirs, is_reserved_directory)) {
    return Rejection{ErrorCode::invalid_registration, "Reserved directory ID in request"};
  }
  const std::set<Uuid> directories(request.log_dirs.begin(), request.log_dirs.end());
  if (directories.size() != request.log_dirs.size()) {
    return Rejection{ErrorCode::invalid_registration, "Duplicate directory ID in request"};
  }
  for (const auto& [id, broker] : image.brokers) {
    if (id == request.broker_id) continue;
    for (const Uuid& directory : broker->directories) {
      if (directories.contains(directory)) {
        return Rejection{
            ErrorCode::invalid_registration,
            fmt::format("Broker {} is already registered with directory {}", id, directory)};
      }
    }
  }
  return std::nullopt;
}

/// Every finalized level must be in the broker's range; a feature that it does not name is 0 to 0.
std::optional<Rejection> check_features(const Image& image, std::int16_t kraft_version,
                                        const protocol::BrokerRegistrationRequest& request) {
  std::map<std::string_view, std::int16_t> finalized;
  for (const auto& [name, feature_level] : image.features) finalized[name] = feature_level;
  if (kraft_version > 0) finalized[kraft_version_feature] = kraft_version;
  for (const auto& feature : request.features) finalized.try_emplace(feature.name.view(), 0);
  for (const auto& [name, feature_level] : finalized) {
    const auto named = std::ranges::find(request.features, name,
                                         [](const auto& feature) { return feature.name.view(); });
    FeatureRange range;
    if (named != request.features.end()) {
      range = {named->min_supported_version, named->max_supported_version};
    } else if (name == metadata_version_feature) {
      return Rejection{ErrorCode::invalid_registration,
                       "Request features do not contain 'metadata.version'"};
    }
    if (!range.contains(feature_level)) {
      return Rejection{
          ErrorCode::unsupported_version,
          fmt::format("Unable to register because the broker does not support finalized version {} "
                      "of {}. The broker wants a version between {} and {}, inclusive.",
                      feature_level, name, range.min, range.max)};
    }
  }
  return std::nullopt;
}

BrokerRegistration registration(const protocol::BrokerRegistrationRequest& request) {
  BrokerRegistration broker;
  broker.id = request.broker_id;
  broker.incarnation_id = request.incarnation_id;
  for (const auto& listener : request.listeners) {
    broker.listeners.push_back({.name = listener.name.str(),
                                .host = listener.host.str(),
                                .port = listener.port,
                                .security_protocol = listener.security_protocol});
  }
  for (const auto& feature : request.features) {
    broker.features[feature.name.str()] = {feature.min_supported_version,
                                           feature.max_supported_version};
  }
  if (request.rack) broker.rack = request.rack->str();
  broker.directories = request.log_dirs;
  return broker;
}

/// Makes a record's texts outlive what they are views of.
Record owned(Record record) {
  const auto own = [](Text& text) { text = Text::copy(text); };
  auto& message = std::get<protocol::RegisterBrokerRecord>(record.message);
  for (auto& endpoint : message.end_points) {
    own(endpoint.name);
    own(endpoint.host);
  }
  for (auto& feature : message.features) own(feature.name);
  if (message.rack) own(*message.rack);
  return record;
}

}  // namespace

Step<protocol::BrokerRegistrationResponse> Controller::register_broker(
    const Context& context, const protocol::BrokerRegistrationRequest& request) {
  Step<protocol::BrokerRegistrationResponse> step;
  step.atomicity = Atomicity::may_split;
  const auto refuse = [&](ErrorCode error, std::string reason) {
    step.reply.error_code = error;
    step.notes.push_back(fmt::format("refuses to register broker {}: {}: {}", request.broker_id,
                                     protocol::name(error), reason));
    return std::move(step);
  };
  if (!active_) return refuse(ErrorCode::not_controller, "not active");
  if (request.cluster_id != config_.cluster_id) {
    return refuse(ErrorCode::inconsistent_cluster_id,
                  fmt::format("Expected cluster ID {}, but got cluster ID {}", config_.cluster_id,
                              request.cluster_id));
  }
  const NodeId id = request.broker_id;
  const auto* existing = image_->broker(id);
  const bool amends = existing != nullptr && existing->incarnation_id == request.incarnation_id;
  if (existing != nullptr && !amends && id != config_.local_broker &&
      heartbeats_.has_valid_session(id, existing->epoch, context.now)) {
    return refuse(ErrorCode::duplicate_broker_registration,
                  "Another broker is registered with that broker id.");
  }
  if (request.is_migrating_zk_broker) {
    return refuse(ErrorCode::broker_id_not_registered,
                  "Controller does not support registering ZK brokers.");
  }
  const std::int16_t metadata_version = cluster().metadata_version();
  auto rejection =
      metadata_version >= level::directories ? check_directories(*image_, request) : std::nullopt;
  if (!rejection) rejection = check_features(*image_, context.kraft_version, request);
  if (rejection) return refuse(rejection->error, std::move(rejection->reason));

  BrokerRegistration broker = registration(request);
  if (amends) {
    broker.epoch = existing->epoch;
    broker.fenced = existing->fenced;
    broker.in_controlled_shutdown = existing->in_controlled_shutdown;
  } else {
    broker.epoch = BrokerEpoch(context.next_offset.value());
    const bool clean = existing != nullptr && existing->epoch == request.previous_broker_epoch;
    // Before the registration: if it is lost, the broker registers again and this is repeated.
    end_incarnation(cluster(), id, clean, step.records);
  }
  step.notes.push_back(fmt::format("{} broker {} incarnation {} epoch {}: {} partitions change",
                                   amends ? "amends" : "registers", id, request.incarnation_id,
                                   broker.epoch, step.records.size()));
  step.records.push_back(owned(broker_record(broker, metadata_version)));
  step.reply.broker_epoch = broker.epoch;
  return step;
}

Step<protocol::ControllerRegistrationResponse> Controller::register_controller(
    const Context&, const protocol::ControllerRegistrationRequest& request) {
  Step<protocol::ControllerRegistrationResponse> step;
  step.reply.error_message.reset();
  if (!active_) {
    step.reply.error_code = ErrorCode::not_controller;
    return step;
  }
  if (cluster().metadata_version() < level::controller_registration) {
    step.reply.error_code = ErrorCode::unsupported_version;
    step.reply.error_message =
        "The current MetadataVersion is too old to support controller registrations.";
    return step;
  }
  protocol::RegisterControllerRecord record;
  record.controller_id = request.controller_id;
  record.incarnation_id = request.incarnation_id;
  record.zk_migration_ready = false;
  for (const auto& listener : request.listeners) {
    record.end_points.push_back({.name = Text::copy(listener.name),
                                 .host = Text::copy(listener.host),
                                 .port = listener.port,
                                 .security_protocol = listener.security_protocol});
  }
  for (const auto& feature : request.features) {
    record.features.push_back({.name = Text::copy(feature.name),
                               .min_supported_version = feature.min_supported_version,
                               .max_supported_version = feature.max_supported_version});
  }
  step.records.push_back({std::move(record), 0});
  return step;
}

// --- Heartbeats --------------------------------------------------------------------------------

namespace {

enum class BrokerControlState : std::uint8_t {
  fenced,
  unfenced,
  controlled_shutdown,
  shutdown_now,
};

BrokerControlState current_state(const Heartbeats::Broker& broker) {
  if (broker.shutting_down()) return BrokerControlState::controlled_shutdown;
  return broker.fenced ? BrokerControlState::fenced : BrokerControlState::unfenced;
}

BrokerControlState next_state(const protocol::BrokerHeartbeatRequest& request,
                              const Heartbeats& heartbeats, const Cluster& cluster) {
  using enum BrokerControlState;
  const auto& broker = *heartbeats.find(request.broker_id);
  switch (current_state(broker)) {
    case fenced: {
      if (request.want_shut_down) return shutdown_now;
      const Offset registered = cluster.image.broker(request.broker_id)->record_offset;
      return !request.want_fence && request.current_metadata_offset >= registered ? unfenced
                                                                                  : fenced;
    }
    case unfenced:
      if (request.want_fence) return request.want_shut_down ? shutdown_now : fenced;
      if (!request.want_shut_down) return unfenced;
      return cluster.has_leaderships(request.broker_id) ? controlled_shutdown : shutdown_now;
    case controlled_shutdown:
      // It may go when it leads nothing and all others know that.
      return !cluster.has_leaderships(request.broker_id) &&
                     broker.controlled_shutdown_offset <= heartbeats.lowest_active_offset()
                 ? shutdown_now
                 : controlled_shutdown;
    case shutdown_now:
      break;
  }
  return shutdown_now;
}

}  // namespace

Step<protocol::BrokerHeartbeatResponse> Controller::broker_heartbeat(
    const Context& context, const protocol::BrokerHeartbeatRequest& request) {
  using enum BrokerControlState;
  Step<protocol::BrokerHeartbeatResponse> step;
  step.atomicity = Atomicity::may_split;
  step.reply.error_code = active_ ? check_broker_epoch(request.broker_id, request.broker_epoch)
                                  : ErrorCode::not_controller;
  if (step.reply.error_code != ErrorCode::none) return step;
  const NodeId id = request.broker_id;
  const auto& registration = *image_->broker(id);
  contact(id, context.now);

  const BrokerControlState current = current_state(*heartbeats_.find(id));
  const BrokerControlState next = next_state(request, heartbeats_, cluster());
  if (current != next) {
    switch (next) {
      case fenced:
      case shutdown_now:
        fence_broker(cluster(), registration, step.records);
        break;
      case unfenced:
        unfence_broker(cluster(), registration, step.records);
        break;
      case controlled_shutdown:
        begin_controlled_shutdown(cluster(), registration, step.records);
        break;
    }
    step.notes.push_back(fmt::format("broker {} with epoch {} becomes {}: {} records", id,
                                     registration.epoch,
                                     next == unfenced              ? "unfenced"
                                     : next == controlled_shutdown ? "shutting down"
                                                                   : "fenced",
                                     step.records.size()));
  }
  const bool is_fenced = next == fenced || next == shutdown_now;
  heartbeats_.touch(id, is_fenced, request.current_metadata_offset);
  if (next == controlled_shutdown && current != next) {
    heartbeats_.begin_controlled_shutdown(
        id, context.next_offset + static_cast<std::int64_t>(step.records.size()) - 1);
  }
  if (cluster().metadata_version() >= level::directories && !request.offline_log_dirs.empty()) {
    take_directories_offline(cluster(), registration, request.offline_log_dirs, step.records);
  }
  step.reply.is_caught_up = request.current_metadata_offset >= registration.record_offset;
  step.reply.is_fenced = is_fenced;
  step.reply.should_shut_down = next == shutdown_now;
  return step;
}

}  // namespace moldau::metadata
