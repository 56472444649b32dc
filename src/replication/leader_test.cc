#include "replication/leader.h"

#include <gtest/gtest.h>

namespace moldau::replication {
namespace {

using protocol::ErrorCode;

constexpr NodeId self{1};
constexpr NodeId second{2};
constexpr NodeId third{3};

constexpr MonoTime at(std::int64_t ms) {
  return MonoTime(milliseconds(ms));
}
LogEnds ends(std::int64_t high_watermark, std::int64_t limit, std::int64_t written) {
  return {Offset(high_watermark), Offset(limit), Offset(written)};
}
PartitionState state(std::vector<NodeId> replicas, std::vector<NodeId> isr, std::int32_t epoch = 0,
                     NodeId leader = self) {
  return {.leader = leader,
          .leader_epoch = LeaderEpoch(epoch),
          .partition_epoch = PartitionEpoch(epoch),
          .replicas = std::move(replicas),
          .isr = std::move(isr)};
}
FollowerFetch fetch(NodeId follower, std::int64_t offset, std::int64_t broker_epoch = 7) {
  return {.follower = follower,
          .broker_epoch = BrokerEpoch(broker_epoch),
          .offset = Offset(offset),
          .log_start = Offset(0)};
}

TEST(ReplicationLeader, before_any_news_nobody_is_served) {
  Leader leader(self, {});
  EXPECT_EQ(leader.role(), Leader::Role::none);
  EXPECT_EQ(leader.check_leader(no_leader_epoch), ErrorCode::not_leader_or_follower);
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(0)), std::nullopt);
}

TEST(ReplicationLeader, wrong_leader_epochs_of_clients_are_told_apart) {
  Leader leader(self, {});
  leader.apply(state({self}, {self}, 5), ends(0, 0, 0), at(0));
  EXPECT_EQ(leader.check_leader(LeaderEpoch(5)), ErrorCode::none);
  EXPECT_EQ(leader.check_leader(no_leader_epoch), ErrorCode::none);
  EXPECT_EQ(leader.check_leader(LeaderEpoch(4)), ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(leader.check_leader(LeaderEpoch(6)), ErrorCode::unknown_leader_epoch);
  leader.apply(state({self, second}, {second}, 6, second), ends(0, 0, 0), at(0));
  EXPECT_EQ(leader.check_leader(LeaderEpoch(6)), ErrorCode::not_leader_or_follower);
  EXPECT_EQ(leader.role(), Leader::Role::follower);
}

TEST(ReplicationLeader, older_news_is_ignored) {
  Leader leader(self, {});
  leader.apply(state({self}, {self}, 5), ends(0, 0, 0), at(0));
  EXPECT_EQ(leader.apply(state({self}, {self}, 4, second), ends(0, 0, 0), at(0)),
            Leader::Applied::ignored);
  EXPECT_TRUE(leader.is_leader());
}

TEST(ReplicationLeader, alone_it_commits_what_is_durable_and_no_more) {
  Leader leader(self, {});
  EXPECT_EQ(leader.apply(state({self}, {self}), ends(3, 5, 8), at(0)),
            Leader::Applied::became_leader);
  EXPECT_EQ(leader.epoch_start(), Offset(8));
  EXPECT_EQ(leader.advance(ends(3, 5, 8), at(0)), Offset(5));
  EXPECT_EQ(leader.advance(ends(5, 5, 20), at(0)), std::nullopt);
  EXPECT_EQ(leader.advance(ends(5, 20, 20), at(0)), Offset(20));
}

TEST(ReplicationLeader, the_high_watermark_never_goes_back) {
  Leader leader(self, {});
  leader.apply(state({self}, {self}), ends(10, 10, 10), at(0));
  // A topic that was switched from the page cache to durable: its limit is behind for a while.
  EXPECT_EQ(leader.advance(ends(10, 4, 12), at(0)), std::nullopt);
  EXPECT_EQ(leader.advance(ends(10, 12, 12), at(0)), Offset(12));
}

TEST(ReplicationLeader, waits_for_the_slowest_member_of_the_isr) {
  Leader leader(self, {});
  leader.apply(state({self, second, third}, {self, second, third}), ends(0, 10, 10), at(0));
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(0)), std::nullopt);
  EXPECT_EQ(leader.on_follower_fetch(fetch(second, 10), LeaderEpoch(0), ends(0, 10, 10), at(1)),
            ErrorCode::none);
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(1)), std::nullopt);
  leader.on_follower_fetch(fetch(third, 4), LeaderEpoch(0), ends(0, 10, 10), at(2));
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(2)), Offset(4));
}

TEST(ReplicationLeader, too_few_in_sync_replicas_refuse_appends_and_stop_commits) {
  Leader leader(self, {.min_insync_replicas = 2});
  leader.apply(state({self, second}, {self}), ends(0, 10, 10), at(0));
  EXPECT_EQ(leader.check_min_isr(), ErrorCode::not_enough_replicas);
  EXPECT_EQ(leader.check_min_isr_after_append(), ErrorCode::not_enough_replicas_after_append);
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(0)), std::nullopt);
}

TEST(ReplicationLeader, min_isr_is_at_most_the_replication_factor) {
  Leader leader(self, {.min_insync_replicas = 2});
  leader.apply(state({self}, {self}), ends(0, 10, 10), at(0));
  EXPECT_EQ(leader.check_min_isr(), ErrorCode::none);
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(0)), Offset(10));
}

TEST(ReplicationLeader, fetches_of_strangers_and_of_dead_incarnations_are_refused) {
  Leader leader(self, {});
  leader.apply(state({self, second}, {self, second}), ends(0, 0, 0), at(0));
  EXPECT_EQ(leader.on_follower_fetch(fetch(third, 0), LeaderEpoch(0), ends(0, 0, 0), at(0)),
            ErrorCode::unknown_leader_epoch);
  EXPECT_EQ(leader.on_follower_fetch(fetch(third, 0), no_leader_epoch, ends(0, 0, 0), at(0)),
            ErrorCode::not_leader_or_follower);
  EXPECT_EQ(leader.on_follower_fetch(fetch(second, 0, 9), LeaderEpoch(0), ends(0, 0, 0), at(0)),
            ErrorCode::none);
  EXPECT_EQ(leader.on_follower_fetch(fetch(second, 0, 8), LeaderEpoch(0), ends(0, 0, 0), at(0)),
            ErrorCode::not_leader_or_follower);
}

TEST(ReplicationLeader, a_follower_joins_when_it_has_the_high_watermark_and_the_epochs_start) {
  Leader leader(self, {});
  leader.apply(state({self, second}, {self}), ends(5, 10, 10), at(0));  // the epoch starts at 10
  leader.on_follower_fetch(fetch(second, 9), LeaderEpoch(0), ends(5, 10, 12), at(0));
  EXPECT_EQ(leader.maybe_expand_isr(second, ends(5, 10, 12)), std::nullopt);
  FollowerFetch fenced = fetch(second, 10);
  fenced.eligibility = Eligibility::fenced_or_shutting_down;
  leader.on_follower_fetch(fenced, LeaderEpoch(0), ends(5, 10, 12), at(0));
  EXPECT_EQ(leader.maybe_expand_isr(second, ends(5, 10, 12)), std::nullopt);
  leader.on_follower_fetch(fetch(second, 10), LeaderEpoch(0), ends(5, 10, 12), at(0));
  const auto change = leader.maybe_expand_isr(second, ends(5, 10, 12));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->isr,
            (std::vector<IsrChange::Member>{{self, BrokerEpoch(-1)}, {second, BrokerEpoch(7)}}));
  EXPECT_EQ(change->partition_epoch, PartitionEpoch(0));
  // While the change is under way, its new member counts already, and there is no second change.
  EXPECT_EQ(leader.advance(ends(5, 12, 12), at(60'000)), Offset(10));
  EXPECT_EQ(leader.maybe_expand_isr(second, ends(10, 12, 12)), std::nullopt);
  EXPECT_EQ(leader.maybe_shrink_isr(ends(10, 12, 12), at(99'000)), std::nullopt);
}

TEST(ReplicationLeader, the_high_watermark_does_not_run_away_from_who_is_about_to_join) {
  Leader leader(self, {.replica_lag_max = milliseconds(100)});
  leader.apply(state({self, second}, {self}), ends(0, 0, 0), at(0));
  leader.on_follower_fetch(fetch(second, 10), LeaderEpoch(0), ends(0, 10, 10), at(1));
  EXPECT_EQ(leader.advance(ends(0, 50, 50), at(2)), Offset(10));
  // It went away: after the lag time nobody waits for it.
  EXPECT_EQ(leader.advance(ends(10, 50, 50), at(200)), Offset(50));
}

TEST(ReplicationLeader, a_member_that_stays_behind_leaves_the_isr) {
  Leader leader(self, {.replica_lag_max = milliseconds(100)});
  leader.apply(state({self, second}, {self, second}), ends(0, 0, 0), at(0));
  EXPECT_EQ(leader.maybe_shrink_isr(ends(0, 10, 10), at(90)), std::nullopt);
  const auto change = leader.maybe_shrink_isr(ends(0, 10, 10), at(101));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->isr, (std::vector<IsrChange::Member>{{self, BrokerEpoch(-1)}}));
  // Until the controller has confirmed it, the old member still counts.
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(102)), std::nullopt);
  PartitionState shrunk = state({self, second}, {self});
  shrunk.partition_epoch = PartitionEpoch(1);
  EXPECT_EQ(leader.apply(shrunk, ends(0, 10, 10), at(103)), Leader::Applied::updated);
  EXPECT_EQ(leader.advance(ends(0, 10, 10), at(103)), Offset(10));
}

TEST(ReplicationLeader, a_member_at_the_leaders_end_is_in_sync_however_long_it_was_silent) {
  Leader leader(self, {.replica_lag_max = milliseconds(100)});
  leader.apply(state({self, second}, {self, second}), ends(0, 0, 0), at(0));
  leader.on_follower_fetch(fetch(second, 10), LeaderEpoch(0), ends(0, 10, 10), at(1));
  EXPECT_EQ(leader.maybe_shrink_isr(ends(10, 10, 10), at(10'000)), std::nullopt);
}

TEST(ReplicationLeader, a_follower_that_reaches_the_previous_end_was_caught_up_then) {
  Leader leader(self, {.replica_lag_max = milliseconds(100)});
  leader.apply(state({self, second}, {self, second}), ends(0, 0, 0), at(0));
  leader.on_follower_fetch(fetch(second, 0), LeaderEpoch(0), ends(0, 10, 10), at(50));
  leader.on_follower_fetch(fetch(second, 10), LeaderEpoch(0), ends(0, 20, 20), at(120));
  EXPECT_EQ(leader.maybe_shrink_isr(ends(0, 20, 20), at(149)), std::nullopt);
  EXPECT_TRUE(leader.maybe_shrink_isr(ends(0, 20, 20), at(151)));
}

TEST(ReplicationLeader, what_the_controller_answers_decides_whether_to_ask_again) {
  for (const auto& [error, again, pending] :
       {std::tuple{ErrorCode::ineligible_replica, false, false},
        std::tuple{ErrorCode::invalid_update_version, false, true},
        std::tuple{ErrorCode::not_controller, true, true}}) {
    Leader leader(self, {.replica_lag_max = milliseconds(100)});
    leader.apply(state({self, second}, {self, second}), ends(0, 0, 0), at(0));
    leader.maybe_shrink_isr(ends(0, 10, 10), at(1000));
    EXPECT_EQ(leader.on_alter_partition_error(error), again) << protocol::name(error);
    EXPECT_EQ(leader.pending_change().has_value(), pending) << protocol::name(error);
  }
}

TEST(ReplicationLeader, after_an_unclean_election_it_reports_that_it_has_recovered) {
  Leader leader(self, {});
  PartitionState recovering = state({self, second}, {self});
  recovering.recovering = true;
  leader.apply(recovering, ends(0, 0, 0), at(0));
  const auto change = leader.maybe_shrink_isr(ends(0, 0, 0), at(0));
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->recovering);
}

}  // namespace
}  // namespace moldau::replication
