#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/prng.h"
#include "base/time.h"
#include "base/uuid.h"
#include "metadata/builder.h"
#include "metadata/config_policy.h"
#include "metadata/heartbeats.h"
#include "metadata/image.h"
#include "metadata/leadership.h"
#include "metadata/record.h"
#include "metadata/step.h"
#include "metadata/topic_name.h"
#include "protocol/messages/allocate_producer_ids.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition.h"
#include "protocol/messages/assign_replicas_to_dirs.h"
#include "protocol/messages/broker_heartbeat.h"
#include "protocol/messages/broker_registration.h"
#include "protocol/messages/controller_registration.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

namespace moldau::metadata {

struct ControllerConfig {
  NodeId node_id{no_node};
  std::string cluster_id;
  /// The broker in this process, if it is one: whether it lives need not be asked over time, so its
  /// session does not expire, and an earlier incarnation of it is dead (this process holds the lock
  /// on its log directories).
  NodeId local_broker{no_node};
  Duration session_timeout{milliseconds(9'000)};  ///< broker.session.timeout.ms
  std::int32_t default_partitions{1};             ///< num.partitions
  std::int16_t default_replication_factor{1};     ///< default.replication.factor
  bool delete_topic_enable{true};
  FeatureRanges supported_features;  ///< levels that this node can run at
  /// What an empty metadata log starts with: the records of bootstrap.checkpoint.
  std::vector<Record> bootstrap;
};

/// The controller's state machine. Every controller of the quorum has one and replays the committed
/// log into it; the active one decides. Not thread-safe: one driver owns it. Requests that reach a
/// standby are answered with NOT_CONTROLLER.
class Controller {
 public:
  /// `policy` outlives the controller.
  Controller(ControllerConfig config, const ConfigPolicy& policy);

  // --- Replayed state -------------------------------------------------------------------------

  /// Standby: applies a committed batch.
  Result<> replay_batch(const records::BatchView& batch);
  /// Active: applies this controller's own records at the offsets that they were appended at.
  Result<> apply(std::span<const Record> records, Offset base_offset, LeaderEpoch epoch,
                 std::int64_t timestamp);
  /// Continues from a committed image: a snapshot was loaded.
  void reset(ImagePtr committed);
  /// The state that the next decision reads; on the active controller uncommitted records included.
  const ImagePtr& image() const { return image_; }

  // --- Leadership ----------------------------------------------------------------------------

  /// This node leads the quorum in `epoch` and has replayed all that is committed, its own epoch's
  /// LeaderChange included. Bootstraps an empty log; aborts a transaction that was left open.
  Step<Nothing> activate(const Context& context, LeaderEpoch epoch);
  /// Not leader any more, or an append failed: forgets what is not committed.
  void deactivate(ImagePtr committed);
  bool is_active() const { return active_; }

  // --- Operations of the active controller ------------------------------------------------------

  Step<protocol::ControllerRegistrationResponse> register_controller(
      const Context& context, const protocol::ControllerRegistrationRequest& request);
  Step<protocol::BrokerRegistrationResponse> register_broker(
      const Context& context, const protocol::BrokerRegistrationRequest& request);
  Step<protocol::BrokerHeartbeatResponse> broker_heartbeat(
      const Context& context, const protocol::BrokerHeartbeatRequest& request);
  /// Duplicate names, validation and defaults as in Kafka; `validate_only` makes no records.
  Step<protocol::CreateTopicsResponse> create_topics(const Context& context,
                                                     const protocol::CreateTopicsRequest& request);
  Step<protocol::DeleteTopicsResponse> delete_topics(const Context& context,
                                                     const protocol::DeleteTopicsRequest& request);
  Step<protocol::CreatePartitionsResponse> create_partitions(
      const Context& context, const protocol::CreatePartitionsRequest& request);
  Step<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
      const Context& context, const protocol::AllocateProducerIdsRequest& request);
  /// Both: rules in config_alteration.h.
  Step<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
      const Context& context, const protocol::IncrementalAlterConfigsRequest& request);
  Step<protocol::AlterConfigsResponse> alter_configs(const Context& context,
                                                     const protocol::AlterConfigsRequest& request);
  Step<protocol::UpdateFeaturesResponse> update_features(
      const Context& context, const protocol::UpdateFeaturesRequest& request);
  /// A broker that will not come back. The one in this process can not be unregistered.
  Step<protocol::UnregisterBrokerResponse> unregister_broker(
      const Context& context, const protocol::UnregisterBrokerRequest& request);
  Step<protocol::ElectLeadersResponse> elect_leaders(const Context& context,
                                                     const protocol::ElectLeadersRequest& request);
  /// In which directories a broker has put its replicas (KIP-858).
  Step<protocol::AssignReplicasToDirsResponse> assign_replicas_to_dirs(
      const Context& context, const protocol::AssignReplicasToDirsRequest& request);
  /// `version` of the request: below 3 the ISR comes without broker epochs.
  Step<protocol::AlterPartitionResponse> alter_partition(
      const Context& context, const protocol::AlterPartitionRequest& request, std::int16_t version);

  // --- Time ----------------------------------------------------------------------------------

  /// When tick() has something to do; null: never, as things stand.
  std::optional<MonoTime> next_deadline() const;
  /// Fences one broker whose session has expired. Call again until there are no records.
  Step<Nothing> tick(const Context& context);

 private:
  void index(const Delta& delta);
  Cluster cluster() const { return {*image_, policy_}; }
  protocol::ErrorCode check_broker_epoch(NodeId broker, BrokerEpoch epoch) const;
  /// The broker was heard of just now.
  void contact(NodeId broker, MonoTime now);

  ControllerConfig config_;
  const ConfigPolicy& policy_;
  ImageBuilder builder_;
  ImagePtr image_;
  bool active_{false};
  LeaderEpoch epoch_{no_leader_epoch};
  /// Sessions and controlled shutdowns: not in the log, so a new active controller starts with all
  /// unfenced brokers fresh.
  Heartbeats heartbeats_;
  CollidingNames colliding_names_;
};

}  // namespace moldau::metadata
