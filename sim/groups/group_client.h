#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "sim/bench.h"

namespace moldau::sim {

/// The coordinator is not there.
bool is_of_coordinator(protocol::ErrorCode error);
/// What somebody is told who lags behind his group.
bool is_of_membership(protocol::ErrorCode error);
bool is_of_topic(protocol::ErrorCode error);

/// The last time that a group took somebody for a member, with a heartbeat or a commit.
struct MembershipProof {
  MonoTime sent_at{MonoTime::min()};
  std::int32_t generation{-1};
  bool has_committed{false};  ///< in this generation, or has nothing to commit
};

/// What a group's members and its observers have in common: a connection to its coordinator, and
/// the committed offsets. All that is sent and told goes into the history.
class GroupClient {
 public:
  GroupClient(Bench& bench, int actor, Duration timeout);

  /// Connects and finds the coordinator, once per connection and group. Errors: cancelled,
  /// unavailable.
  env::Task<Result<>> find(int group, Prng& prng);

  using Positions = std::vector<std::pair<PartitionRef, Offset>>;
  /// One request (group_commits.cc). The first partition's error; all that are not of a membership
  /// are in the history. Errors: cancelled, or why there was no answer.
  env::Task<Result<protocol::ErrorCode>> commit(int group, GroupIdentity as, Positions positions,
                                                Prng& prng);
  /// OffsetDelete: for a group without members.
  env::Task<Result<>> remove(int group, PartitionRef where);

  using Offsets = std::map<PartitionRef, Offset>;
  /// What is committed (group_offsets.cc); no_offset where nothing is. Errors: cancelled, or why
  /// there was no answer.
  env::Task<Result<Offsets>> fetch(int group, std::vector<PartitionRef> where, Prng& prng);

  /// Puts an error into the history that is not of a membership: a coordinator or topic is not
  /// there yet, or it is impossible.
  void failed(MonoTime sent_at, std::string_view what, protocol::ErrorCode error);
  Connection& connection() { return connection_; }
  /// Sends, and is gone before the answer comes. An error in any case.
  template <protocol::Message Request>
  env::Task<Result<>> send_and_go(Request request, std::int16_t version);
  /// Now and then, while members may do as they like.
  bool wants_to_go(Prng& prng) const { return !bench_.steady && prng.chance(goes_per_million); }

 private:
  static constexpr std::uint64_t goes_per_million = 20'000;

  struct Topic {
    int number;
    std::vector<PartitionRef> partitions;
  };
  /// Partitions that stand together.
  static std::vector<Topic> by_topic(const std::vector<PartitionRef>& where);
  protocol::OffsetCommitRequest make_commit(int group, const GroupIdentity& as,
                                            const Positions& positions,
                                            std::vector<CommitSent>& sent);
  protocol::ErrorCode take_commit(const protocol::OffsetCommitResponse& response,
                                  const std::vector<CommitSent>& sent);
  void answered(const CommitSent& sent, protocol::ErrorCode error, std::string_view what);
  void lose(const std::vector<CommitSent>& sent);
  protocol::OffsetFetchRequest make_fetch(int group, const std::vector<PartitionRef>& where,
                                          std::int16_t version) const;
  const TopicKnowledge& known(int topic) const { return bench_.history.catalog().at(topic); }

  Bench& bench_;
  const int actor_;
  Connection connection_;
  int found_by_{0};      // the connection
  std::set<int> found_;  // groups
};

template <protocol::Message Request>
env::Task<Result<>> GroupClient::send_and_go(Request request, std::int16_t version) {
  CO_TRY(co_await connection_.ensure());
  SharedBytes frame = CO_TRY(connection_.client()->encode(request, version));
  const auto sent = co_await connection_.client()->send_only(std::move(frame));
  connection_.forget();
  if (!sent) co_return std::unexpected(sent.error());
  co_return fail(Errc::closed, "gone");
}

}  // namespace moldau::sim
