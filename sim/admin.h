#pragma once

#include <optional>
#include <set>

#include "sim/bench.h"

namespace moldau::sim {

/// Creates and deletes topics, adds partitions, moves replicas between log directories, and looks
/// at all topics now and then. What got no answer is asked again until it has one.
class Admin {
 public:
  Admin(Bench& bench, int actor);
  /// Until its scope is stopped.
  env::Task<> run();
  bool is_resting() const { return resting_; }

  /// Metadata for all topics, into the history. Errors: cancelled, or why there was no answer.
  env::Task<Result<>> look();
  /// One attempt; true if the topic is there now. Puts the acknowledgement into the history.
  env::Task<Result<bool>> create(const TopicPlan& plan);

 private:
  env::Task<Result<>> turn();
  env::Task<Result<>> create_next();
  env::Task<Result<>> begin_deletion(int topic);
  env::Task<Result<bool>> remove(int topic);
  env::Task<Result<>> add_partitions(int topic);
  env::Task<Result<>> delete_records(int topic);
  env::Task<Result<>> move_replica(int topic);
  TopicPlan plan_for(const std::string& reused_name);
  std::optional<int> choose_topic();
  /// What went wrong, other than success and "that was so already".
  void failed(MonoTime sent_at, std::string_view what, protocol::ErrorCode error);

  Bench& bench_;
  const int actor_;
  Prng prng_;
  Connection connection_;
  std::optional<TopicPlan> creating_;
  std::optional<int> deleting_;
  std::set<std::string> free_names_;  // of topics that were deleted
  std::size_t created_{0};
  bool resting_{false};
};

}  // namespace moldau::sim
