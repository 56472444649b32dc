#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "protocol/codec.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// What a consumer subscribes to: the metadata of JoinGroup where the protocol type is "consumer".
struct ConsumerProtocolSubscription {
  static constexpr MessageInfo info{
      .name = "ConsumerProtocolSubscription", .type = MessageType::data, .versions = {0, 3}};
  static const Schema schema;

  struct TopicPartition {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartition::topic, "Topic");
      field(&TopicPartition::partitions, "Partitions");
    }
  };

  std::vector<Text> topics{};
  std::optional<SharedBytes> user_data{};
  std::vector<TopicPartition> owned_partitions{};
  std::int32_t generation_id{-1};
  std::optional<Text> rack_id{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerProtocolSubscription::topics, "Topics");
    field(&ConsumerProtocolSubscription::user_data, "UserData");
    field(&ConsumerProtocolSubscription::owned_partitions, "OwnedPartitions", since(1).ignorable());
    field(&ConsumerProtocolSubscription::generation_id, "GenerationId", since(2).ignorable());
    field(&ConsumerProtocolSubscription::rack_id, "RackId", since(3).ignorable());
  }
};

/// What a consumer was assigned: the assignment of SyncGroup where the protocol type is
/// "consumer".
struct ConsumerProtocolAssignment {
  static constexpr MessageInfo info{
      .name = "ConsumerProtocolAssignment", .type = MessageType::data, .versions = {0, 3}};
  static const Schema schema;

  struct TopicPartition {
    Text topic{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&TopicPartition::topic, "Topic");
      field(&TopicPartition::partitions, "Partitions");
    }
  };

  std::vector<TopicPartition> assigned_partitions{};
  std::optional<SharedBytes> user_data{};

  static constexpr void fields(auto&& field) {
    field(&ConsumerProtocolAssignment::assigned_partitions, "AssignedPartitions");
    field(&ConsumerProtocolAssignment::user_data, "UserData");
  }
};

/// Reads what a member wrote, with the version in front. A version newer than ours is read as our
/// newest, since later ones only append; a negative one is Errc::unsupported, and anyone may have
/// written the bytes, so truncated and corrupt are to be expected.
Result<Decoded<ConsumerProtocolSubscription>> decode_subscription(SharedBytes bytes);
/// The same for an assignment. No bytes, which a member has until it is assigned something, are no
/// partitions.
Result<Decoded<ConsumerProtocolAssignment>> decode_assignment(SharedBytes bytes);

}  // namespace moldau::protocol
