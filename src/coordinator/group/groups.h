#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"
#include "coordinator/group/group_events.h"
#include "coordinator/group/group_inspection.h"
#include "coordinator/runtime/step.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"

namespace moldau::coordinator {

/// Which way groups with members may change to the other protocol.
enum class MigrationPolicy : std::uint8_t { disabled, upgrade, downgrade, bidirectional };

/// Kafka's properties of the same names (dots for underscores; `group.consumer.*` without group).
struct GroupsConfig {
  std::int32_t group_min_session_timeout_ms{6'000};
  std::int32_t group_max_session_timeout_ms{1'800'000};
  std::int32_t group_initial_rebalance_delay_ms{3'000};
  std::int32_t group_max_size{2'147'483'647};
  std::int32_t offset_metadata_max_bytes{4'096};
  std::int64_t offsets_retention_ms{10'080LL * 60'000};
  std::int64_t offsets_retention_check_interval_ms{600'000};
  std::int32_t consumer_session_timeout_ms{45'000};
  std::int32_t consumer_heartbeat_interval_ms{5'000};
  std::int32_t consumer_assignment_interval_ms{1'000};
  std::int32_t consumer_max_size{2'147'483'647};
  /// `group.consumer.assignors`: "uniform", "range"; the first is the default. At least one.
  std::vector<std::string> consumer_assignors{"uniform", "range"};
  MigrationPolicy consumer_migration_policy{MigrationPolicy::bidirectional};
  std::int64_t consumer_regex_refresh_interval_ms{600'000};
  /// Not a property: what the records of a step that may not be split may take, keys and values. It
  /// leaves room for the batch around them in the topic's `max.message.bytes`.
  std::size_t step_bytes_max{1'000'000};
  /// Not a property: what the members of one group may have sent as metadata, all together.
  std::size_t member_metadata_bytes_max{std::size_t{64} << 20};
};

/// Who asks.
struct Caller {
  std::int16_t version{0};  ///< of the request
  std::string_view client_id;
  std::string_view client_host;  ///< as Kafka writes it: "/127.0.0.1"
  ReplyId reply_id{0};
  /// What the members' metadata may grow by: the shell bounds that of all its machines together.
  std::size_t metadata_room{std::numeric_limits<std::size_t>::max()};
  /// Which topics the caller may know of; null: all. For regular expressions.
  const std::function<bool(std::string_view topic)>* may_describe{nullptr};
};

/// Answers that can be parked.
using ParkedGroupReply = std::variant<protocol::JoinGroupResponse, protocol::SyncGroupResponse>;

template <class Reply>
using GroupStep = Step<Reply, ParkedGroupReply, GroupEvent>;

/// The groups and offsets of one partition of `__consumer_offsets`, of both protocols. Requests
/// come with names and partitions that exist; the shell has answered for the others, and for topic
/// ids. Not thread-safe: the shell's mutex of that partition protects it. Texts in answers are
/// copies, or views of the request.
///
/// The log says the offsets, and of each group its members and assignment as of the last time it
/// was stable or empty. The rest (who has joined the round that is under way, sessions, parked
/// answers) is soft: after a load members join again or are heard of by a heartbeat.
class Groups {
 public:
  explicit Groups(GroupsConfig config);
  ~Groups();

  // --- What the log says ------------------------------------------------------------------------

  /// Applies a record, when loading or after a step. Unknown kinds of keys are skipped (true:
  /// known). Errors: unsupported, corrupt: the partition cannot be loaded.
  Result<bool> replay(Bytes key, std::optional<Bytes> value);
  /// The whole log has been replayed: sessions of the members that it names begin.
  void on_loaded(const Context& context);

  // --- Requests
  // -----------------------------------------------------------------------------------

  GroupStep<protocol::JoinGroupResponse> join(const Context& context, const Caller& caller,
                                              const protocol::JoinGroupRequest& request);
  GroupStep<protocol::SyncGroupResponse> sync(const Context& context, const Caller& caller,
                                              const protocol::SyncGroupRequest& request);
  GroupStep<protocol::HeartbeatResponse> heartbeat(const Context& context, const Caller& caller,
                                                   const protocol::HeartbeatRequest& request);
  GroupStep<protocol::LeaveGroupResponse> leave(const Context& context, const Caller& caller,
                                                const protocol::LeaveGroupRequest& request);
  /// The topics of the request exist, by name and by `topic_id` where the version has it.
  GroupStep<protocol::OffsetCommitResponse> commit(const Context& context, const Caller& caller,
                                                   const protocol::OffsetCommitRequest& request);
  /// One group of an OffsetFetch, in the form of version 8 and later; the shell maps older ones.
  GroupStep<protocol::OffsetFetchResponse::OffsetFetchResponseGroup> fetch(
      const Context& context, const Caller& caller,
      const protocol::OffsetFetchRequest::OffsetFetchRequestGroup& request, bool require_stable);
  GroupStep<protocol::OffsetDeleteResponse> delete_offsets(
      const Context& context, const protocol::OffsetDeleteRequest& request);
  GroupStep<protocol::DescribeGroupsResponse::DescribedGroup> describe(const Context& context,
                                                                       const Caller& caller,
                                                                       std::string_view group);
  /// Filters as in ListGroups: empty lists accept everything; no difference of case.
  GroupStep<std::vector<protocol::ListGroupsResponse::ListedGroup>> list(
      const Context& context, const protocol::ListGroupsRequest& request);
  GroupStep<protocol::DeleteGroupsResponse::DeletableGroupResult> delete_group(
      const Context& context, std::string_view group);

  /// KIP-848. A group that does not exist is made by the first to join; an empty one of the classic
  /// protocol becomes one of the consumer protocol.
  GroupStep<protocol::ConsumerGroupHeartbeatResponse> consumer_heartbeat(
      const Context& context, const Caller& caller,
      const protocol::ConsumerGroupHeartbeatRequest& request);
  GroupStep<protocol::ConsumerGroupDescribeResponse::DescribedGroup> consumer_describe(
      const Context& context, std::string_view group);

  // --- What the shell tells ---------------------------------------------------------------------

  /// Topics of these names have been made, changed or deleted: groups that subscribe to them look
  /// at them anew with their next heartbeat. `with_new`: some are new, at this version.
  void on_topics_changed(std::span<const std::string> names,
                         std::optional<std::int64_t> with_new_at_version);
  /// The topic is gone: tombstones for its offsets. Not for those of another topic that has its
  /// name by now.
  GroupStep<Nothing> on_topic_deleted(const Context& context, std::string_view topic,
                                      const Uuid& topic_id);

  // --- Time
  // ---------------------------------------------------------------------------------------

  /// When tick() has something to do; null: never, as things stand.
  std::optional<MonoTime> next_deadline() const;
  /// Sessions and rebalances that have timed out, offsets that have expired. One call does all that
  /// is due, but looks for expired offsets in a limited number of groups: what is left is due at
  /// once.
  GroupStep<Nothing> tick(const Context& context);

  // --- What is so (metrics, tests)
  // ------------------------------------------------------------------

  /// Null: there is no such group.
  std::optional<GroupInspection> inspect(const Context& context, std::string_view group) const;
  std::size_t group_count() const;
  std::size_t member_count() const;
  /// Of what all members of all groups sent with their protocols.
  std::size_t member_metadata_bytes() const;
  std::size_t offset_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moldau::coordinator
