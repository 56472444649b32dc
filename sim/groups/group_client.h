#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sim/bench.h"

namespace moldau::sim {

/// What a group's members and its observers have in common: a connection to its coordinator, and
/// the committed offsets. All that is sent and told goes into the history.
class GroupClient {
 public:
  GroupClient(Bench& bench, int actor, Duration timeout);

  /// Connects and finds the coordinator, again for every connection. Errors: cancelled,
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

 private:
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
  int found_by_{0};  // the connection
  int found_for_{-1};
};

}  // namespace moldau::sim
