#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/bench.h"

namespace moldau::sim {

/// What a group's members and its observers have in common: a connection to its coordinator, and
/// the committed offsets. All that is sent and told goes into the history.
class GroupClient {
 public:
  GroupClient(Bench& bench, int actor, Duration timeout);

  /// Connects and finds the coordinator, once per connection and group. Errors: cancelled,
  /// unavailable.
  env::Task<Result<>> find(int group, Prng& prng);

  struct Position {
    PartitionRef where;
    std::optional<Offset> offset;  ///< null: to be deleted
  };
  /// One request. The error that all partitions got, or the first one's that got another.
  /// Partitions of one topic stand together. Errors: cancelled, or why there was no answer.
  env::Task<Result<protocol::ErrorCode>> commit(int group, const GroupIdentity& as,
                                                std::vector<Position> positions, Prng& prng);
  /// OffsetDelete: for a group without members.
  env::Task<Result<>> remove(int group, const std::vector<PartitionRef>& where);
  /// What is committed; no_offset where nothing is. Partitions that got no answer are left out.
  env::Task<Result<std::map<PartitionRef, Offset>>> fetch(int group,
                                                          std::vector<PartitionRef> where,
                                                          Prng& prng);

  /// Puts an error into the history that no member has to expect of its own doing: the coordinator
  /// is not there, or it is impossible.
  void failed(MonoTime sent_at, std::string_view what, protocol::ErrorCode error);
  Connection& connection() { return connection_; }
  /// Sends, and is gone before the answer comes. An error in any case.
  template <protocol::Message Request>
  env::Task<Result<>> send_and_go(Request request, std::int16_t version);
  /// Now and then, while members may do as they like.
  bool wants_to_go(Prng& prng) const { return !bench_.steady && prng.chance(goes_per_million); }

 private:
  static constexpr std::uint64_t goes_per_million = 20'000;

  struct Topic {  // consecutive partitions of one topic
    int number;
    std::vector<std::size_t> at;
  };
  template <class T>
  static std::vector<Topic> by_topic(const std::vector<T>& positions);
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
