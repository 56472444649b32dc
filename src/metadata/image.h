#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/persistent_map.h"

namespace moldau::metadata {

/// What the cluster's metadata log says as of one offset. Everything here is immutable once
/// published and shared freely between threads; copies of an Image share what they have in common,
/// so that a change costs what changed. Made by ImageBuilder only.

struct Endpoint {
  std::string name;  ///< of the listener
  std::string host;
  std::uint16_t port{0};
  std::int16_t security_protocol{0};
  bool operator==(const Endpoint&) const = default;
};

struct FeatureRange {
  std::int16_t min{0};
  std::int16_t max{0};
  bool contains(std::int16_t level) const { return min <= level && level <= max; }
  bool operator==(const FeatureRange&) const = default;
};
/// Supported levels by feature name.
using FeatureRanges = std::map<std::string, FeatureRange, std::less<>>;

struct BrokerRegistration {
  NodeId id{no_node};
  BrokerEpoch epoch{-1};
  Uuid incarnation_id{};
  std::vector<Endpoint> listeners;
  FeatureRanges features;
  std::optional<std::string> rack;
  bool fenced{true};
  bool in_controlled_shutdown{false};
  std::vector<Uuid> directories;  ///< online log directories, sorted; empty before KIP-858
  /// Of the RegisterBrokerRecord, or of the last record in the snapshot that it came from. A broker
  /// is caught up when it has applied this offset.
  Offset record_offset{no_offset};

  bool is_active() const { return !fenced && !in_controlled_shutdown; }
  /// Null if the broker has no listener of that name.
  const Endpoint* listener(std::string_view name) const;
  bool has_online_directory(const Uuid& directory) const;
  bool operator==(const BrokerRegistration&) const = default;
};

struct ControllerRegistration {
  NodeId id{no_node};
  Uuid incarnation_id{};
  bool zk_migration_ready{false};
  std::vector<Endpoint> listeners;
  FeatureRanges features;
  bool operator==(const ControllerRegistration&) const = default;
};

enum class LeaderRecoveryState : std::int8_t { recovered = 0, recovering = 1 };

struct PartitionRegistration {
  std::vector<NodeId> replicas;   ///< in assignment order: the first is the preferred leader
  std::vector<Uuid> directories;  ///< of the replica at the same index
  std::vector<NodeId> isr;
  std::vector<NodeId> removing_replicas;
  std::vector<NodeId> adding_replicas;
  std::vector<NodeId> eligible_leader_replicas;
  std::vector<NodeId> last_known_elr;
  NodeId leader{no_node};
  LeaderRecoveryState leader_recovery_state{LeaderRecoveryState::recovered};
  LeaderEpoch leader_epoch{0};
  PartitionEpoch partition_epoch{0};

  bool has_replica(NodeId node) const;
  bool in_isr(NodeId node) const;
  /// Where `node` keeps its replica; `migrating_directory` if it has none.
  Uuid directory_of(NodeId node) const;
  bool operator==(const PartitionRegistration&) const = default;
};

/// KIP-858's first hundred ids stand for something; no directory has one of them.
bool is_reserved_directory(const Uuid& id);

/// A topic and its partitions, numbered from 0. None is null; while the records of a topic are
/// still coming in, one may have no replicas.
struct Topic {
  std::string name;
  Uuid id{};
  std::vector<std::shared_ptr<const PartitionRegistration>> partitions;

  /// Null if there is no such partition.
  const PartitionRegistration* partition(PartitionId id) const;
  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
};
using TopicPtr = std::shared_ptr<const Topic>;

/// ConfigResource.Type of Kafka.
enum class ResourceType : std::int8_t {
  topic = 2,
  broker = 4,  ///< name "" is the default of all brokers
  broker_logger = 8,
  client_metrics = 16,
  group = 32,
};
struct ConfigResource {
  std::int8_t type{0};  ///< ResourceType; a type that is not known yet is kept too
  std::string name;
  auto operator<=>(const ConfigResource&) const = default;
};
using ConfigValues = std::map<std::string, std::string, std::less<>>;
using ConfigValuesPtr = std::shared_ptr<const ConfigValues>;

/// The following are kept so that a snapshot writes them again and their own features find them.

/// Entity types ("user", "client-id", "ip") and names; a null name is the type's default entity.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;
using QuotaValues = std::map<std::string, double>;

struct AccessControlEntry {
  std::int8_t resource_type{0};
  std::string resource_name;
  std::int8_t pattern_type{0};
  std::string principal;
  std::string host;
  std::int8_t operation{0};
  std::int8_t permission_type{0};
  bool operator==(const AccessControlEntry&) const = default;
};

struct ScramKey {
  std::int8_t mechanism{0};
  std::string user;
  auto operator<=>(const ScramKey&) const = default;
};
struct ScramCredential {
  SharedBytes salt;
  SharedBytes stored_key;
  SharedBytes server_key;
  std::int32_t iterations{0};
};

struct DelegationToken {
  std::string owner;
  std::string requester;
  std::vector<std::string> renewers;
  std::int64_t issue_timestamp{0};
  std::int64_t max_timestamp{0};
  std::int64_t expiration_timestamp{0};
};

inline constexpr std::string_view metadata_version_feature = "metadata.version";
inline constexpr std::string_view kraft_version_feature = "kraft.version";
inline constexpr std::string_view group_version_feature = "group.version";
inline constexpr std::string_view transaction_version_feature = "transaction.version";
inline constexpr std::string_view elr_version_feature = "eligible.leader.replicas.version";
inline constexpr std::string_view share_version_feature = "share.version";
inline constexpr std::string_view streams_version_feature = "streams.version";

struct Image {
  /// Of the last record that is in here; -1 when empty.
  Offset last_offset{no_offset};
  LeaderEpoch last_epoch{no_leader_epoch};
  std::int64_t last_timestamp{-1};  ///< of the batch of that record, milliseconds
  /// That record ends a batch of the log: a snapshot may be taken here.
  bool batch_aligned{true};

  PersistentMap<NodeId, std::shared_ptr<const BrokerRegistration>> brokers;
  PersistentMap<NodeId, std::shared_ptr<const ControllerRegistration>> controllers;
  PersistentMap<std::string, TopicPtr> topics_by_name;
  PersistentMap<Uuid, TopicPtr> topics_by_id;
  PersistentMap<ConfigResource, ConfigValuesPtr> configs;
  /// Finalized levels. A feature at level 0 is not in here.
  PersistentMap<std::string, std::int16_t> features;
  PersistentMap<QuotaEntity, std::shared_ptr<const QuotaValues>> quotas;
  PersistentMap<Uuid, std::shared_ptr<const AccessControlEntry>> acls;
  PersistentMap<ScramKey, std::shared_ptr<const ScramCredential>> scram;
  PersistentMap<std::string, std::shared_ptr<const DelegationToken>> tokens;
  ProducerId next_producer_id{no_producer_id};  ///< -1 until the first block was given out

  /// All of these: null if there is none; valid as long as the image.
  const BrokerRegistration* broker(NodeId id) const;
  const Topic* topic(std::string_view name) const;
  const Topic* topic(const Uuid& id) const;
  const PartitionRegistration* partition(std::string_view topic, PartitionId id) const;
  const PartitionRegistration* partition(const Uuid& topic_id, PartitionId id) const;
  /// The resource's own settings; empty if it has none.
  const ConfigValues& config(ResourceType type, std::string_view name) const;
  ConfigValues no_settings;  ///< what config() answers then: always empty

  bool is_active(NodeId broker) const;
  /// 0 if the feature is off.
  std::int16_t feature_level(std::string_view feature) const;
  /// Null before the bootstrap records are replayed.
  std::optional<std::int16_t> metadata_version() const;
};
/// Shared between the controller, the broker and every request that is being served.
using ImagePtr = std::shared_ptr<const Image>;

}  // namespace moldau::metadata
