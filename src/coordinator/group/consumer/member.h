#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "coordinator/group/consumer/partitions.h"

namespace moldau::coordinator {

/// How far a member is on the way to its target; the numbers are those of the records.
enum class MemberState : std::int8_t {
  stable = 0,                 ///< it has what it is to have at its epoch
  unrevoked_partitions = 1,   ///< it has yet to say that it has given up the pending ones
  unreleased_partitions = 2,  ///< others have yet to give up what it is to have
  unknown = 127,              ///< written by something newer than this
};
MemberState member_state(std::int8_t number);

/// The epoch of a member that says it leaves, and of one that a record has taken everything from.
inline constexpr std::int32_t leave_group_epoch = -1;
/// Of a static member that leaves and will be back within its session.
inline constexpr std::int32_t leave_group_static_epoch = -2;

struct ClassicProtocol {
  std::string name;
  SharedBytes metadata;  ///< opaque

  bool operator==(const ClassicProtocol&) const = default;
};

/// Of a member that speaks the classic protocol in a group of the new one.
struct ClassicMemberMetadata {
  std::int32_t session_timeout_ms{0};
  std::vector<ClassicProtocol> protocols;

  bool operator==(const ClassicMemberMetadata&) const = default;
};

/// A member of a group of the consumer protocol, a value: what records 5 and 8 say about it.
struct ConsumerMember {
  std::string id;
  /// Of the target that it has come to; the previous one is good for a request whose answer to the
  /// one before was lost.
  std::int32_t epoch{0};
  std::int32_t previous_epoch{0};
  std::optional<std::string> instance_id;  ///< static member
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms{-1};
  std::string client_id;
  std::string client_host;
  TopicNames topic_names;
  std::string topic_regex;  ///< empty: none
  std::optional<std::string> server_assignor;
  std::optional<ClassicMemberMetadata> classic;
  MemberState state{MemberState::stable};
  EpochPartitions assigned;            ///< what it may use
  EpochPartitions pending_revocation;  ///< what it may still use: nobody else has it

  bool operator==(const ConsumerMember&) const = default;

  bool is_reconciled_to(std::int32_t target_epoch) const {
    return state == MemberState::stable && epoch == target_epoch;
  }
  /// Of what it sent about itself and its subscription.
  std::size_t metadata_bytes() const;
  /// Null: it subscribes by names alone.
  const std::string* regex() const { return topic_regex.empty() ? nullptr : &topic_regex; }
};

}  // namespace moldau::coordinator
