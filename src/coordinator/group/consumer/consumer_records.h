#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "coordinator/group/consumer/member.h"
#include "coordinator/group/consumer/partitions.h"
#include "coordinator/runtime/step.h"

/// The records of KIP-848 in `__consumer_offsets`, as Apache Kafka 4.4 writes them
/// (docs/formats/consumer_offsets.md). All values have version 0. Texts of a decoded entry are
/// views of the record.
namespace moldau::coordinator {

/// Key type 3. Null epoch: a tombstone, the group is gone.
struct ConsumerGroupEntry {
  Text group;
  struct Value {
    std::int32_t epoch{0};
    std::int64_t metadata_hash{0};
  };
  std::optional<Value> value;
};
/// Type 4: written before 4.1, its content is not used.
struct ConsumerPartitionMetadataEntry {
  Text group;
  bool exists{false};
};
/// Type 5; of the member everything but epochs, state and partitions.
struct ConsumerMemberEntry {
  Text group;
  Text member;
  std::optional<ConsumerMember> value;
};
/// Type 6.
struct ConsumerTargetEpochEntry {
  struct Value {
    std::int32_t epoch{0};
    std::int64_t assigned_at_ms{0};  ///< 0: not known
  };
  Text group;
  std::optional<Value> value;
};
/// Type 7.
struct ConsumerTargetEntry {
  Text group;
  Text member;
  std::optional<TopicPartitions> value;
};
/// Type 8; of the member only epochs, state and partitions.
struct ConsumerCurrentEntry {
  Text group;
  Text member;
  std::optional<ConsumerMember> value;
};

/// The topics that a regular expression meant, when.
struct ResolvedRegex {
  TopicNames topics;
  std::int64_t version{0};  ///< of the cluster's topics
  std::int64_t timestamp_ms{0};

  bool operator==(const ResolvedRegex&) const = default;
};
/// Type 16.
struct ConsumerRegexEntry {
  Text group;
  Text regex;
  std::optional<ResolvedRegex> value;
};

using ConsumerEntry = std::variant<ConsumerGroupEntry, ConsumerPartitionMetadataEntry,
                                   ConsumerMemberEntry, ConsumerTargetEpochEntry,
                                   ConsumerTargetEntry, ConsumerCurrentEntry, ConsumerRegexEntry>;

/// Null: the key is of another type. Errc::unsupported: a version of a value that is not known;
/// truncated and corrupt: damage.
Result<std::optional<ConsumerEntry>> decode_consumer_record(Bytes key, std::optional<Bytes> value);

Record consumer_group_record(std::string_view group, ConsumerGroupEntry::Value value);
Record consumer_group_tombstone(std::string_view group);
Record consumer_partition_metadata_tombstone(std::string_view group);
Record consumer_member_record(std::string_view group, const ConsumerMember& member);
Record consumer_member_tombstone(std::string_view group, std::string_view member);
/// `assigned_at`: when, by the wall clock.
Record consumer_target_epoch_record(std::string_view group, ConsumerTargetEpochEntry::Value value);
Record consumer_target_epoch_tombstone(std::string_view group);
Record consumer_target_record(std::string_view group, std::string_view member,
                              const TopicPartitions& target);
Record consumer_target_tombstone(std::string_view group, std::string_view member);
Record consumer_current_record(std::string_view group, const ConsumerMember& member);
Record consumer_current_tombstone(std::string_view group, std::string_view member);
Record consumer_regex_record(std::string_view group, std::string_view regex,
                             const ResolvedRegex& resolved);
Record consumer_regex_tombstone(std::string_view group, std::string_view regex);

}  // namespace moldau::coordinator
