#include "replication/leader.h"

#include <algorithm>

namespace moldau::replication {
namespace {

using protocol::ErrorCode;

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

}  // namespace

Leader::Applied Leader::apply(const PartitionState& state, LogEnds ends, MonoTime now) {
  if (state.partition_epoch < state_.partition_epoch || state.leader_epoch < state_.leader_epoch) {
    return Applied::ignored;
  }
  const bool new_epoch = state.leader_epoch != state_.leader_epoch;
  if (state.partition_epoch != state_.partition_epoch) pending_.reset();
  state_ = state;
  if (!is_leader()) {
    replicas_.clear();
    pending_.reset();
    epoch_start_ = no_offset;
    return new_epoch ? Applied::new_epoch : Applied::updated;
  }
  if (new_epoch) {
    become_leader(ends, now);
    return Applied::became_leader;
  }
  std::erase_if(replicas_,
                [&](const auto& replica) { return !contains(state_.replicas, replica.first); });
  for (const NodeId id : state_.replicas) {
    if (id != self_) replicas_.try_emplace(id);
  }
  return Applied::updated;
}

void Leader::become_leader(LogEnds ends, MonoTime now) {
  epoch_start_ = ends.written_end;
  high_watermark_ = std::max(high_watermark_, ends.high_watermark);
  pending_.reset();
  replicas_.clear();
  for (const NodeId id : state_.replicas) {
    if (id == self_) continue;
    Replica replica;
    // Members of the ISR get the full lag time to show up before they are shrunk out of it.
    if (contains(state_.isr, id)) replica.last_caught_up = now;
    replicas_.emplace(id, replica);
  }
}

Leader::Role Leader::role() const {
  if (state_.leader == self_) return Role::leader;
  return contains(state_.replicas, self_) ? Role::follower : Role::none;
}

ErrorCode Leader::check_leader(LeaderEpoch epoch) const {
  if (epoch != no_leader_epoch) {
    if (epoch < state_.leader_epoch) return ErrorCode::fenced_leader_epoch;
    if (epoch > state_.leader_epoch) return ErrorCode::unknown_leader_epoch;
  }
  return is_leader() ? ErrorCode::none : ErrorCode::not_leader_or_follower;
}

std::int32_t Leader::effective_min_isr() const {
  // KIP-966: a topic with fewer replicas than min.insync.replicas asks for is not stuck for ever.
  return std::min(config_.min_insync_replicas, static_cast<std::int32_t>(state_.replicas.size()));
}

bool Leader::is_under_min_isr() const {
  return is_leader() && static_cast<std::int32_t>(state_.isr.size()) < effective_min_isr();
}

ErrorCode Leader::check_min_isr() const {
  return is_under_min_isr() ? ErrorCode::not_enough_replicas : ErrorCode::none;
}

ErrorCode Leader::check_min_isr_after_append() const {
  return is_under_min_isr() ? ErrorCode::not_enough_replicas_after_append : ErrorCode::none;
}

bool Leader::in_maximal_isr(NodeId id) const {
  // KIP-497: a member on its way in counts already, one on its way out still
  // does.
  if (contains(state_.isr, id)) return true;
  return pending_.has_value() &&
         std::ranges::any_of(pending_->isr, [&](const auto& member) { return member.id == id; });
}

std::optional<Offset> Leader::advance(LogEnds ends, MonoTime now) {
  if (!is_leader()) return std::nullopt;
  high_watermark_ = std::max(high_watermark_, ends.high_watermark);
  if (is_under_min_isr()) return std::nullopt;
  Offset least = ends.limit;
  for (const auto& [id, replica] : replicas_) {
    const bool joins = replica.eligibility == Eligibility::eligible &&
                       is_caught_up(replica, ends.written_end, now);
    if (joins || in_maximal_isr(id)) least = std::min(least, replica.log_end);
  }
  if (least <= high_watermark_) return std::nullopt;
  high_watermark_ = least;
  return least;
}

ErrorCode Leader::on_follower_fetch(const FollowerFetch& fetch, LeaderEpoch epoch, LogEnds ends,
                                    MonoTime now) {
  const auto found = replicas_.find(fetch.follower);
  if (found == replicas_.end()) {
    return epoch == no_leader_epoch ? ErrorCode::not_leader_or_follower
                                    : ErrorCode::unknown_leader_epoch;
  }
  Replica& replica = found->second;
  if (fetch.broker_epoch != BrokerEpoch(-1)) {
    if (fetch.broker_epoch < replica.broker_epoch) return ErrorCode::not_leader_or_follower;
    replica.broker_epoch = fetch.broker_epoch;
  }
  // KAFKA-1546: a follower that has now what was the leader's end at its previous fetch was caught
  // up at the time of that fetch, however fast the leader grows.
  if (fetch.offset >= ends.written_end) {
    replica.last_caught_up = now;
  } else if (replica.log_end != no_offset && fetch.offset >= replica.leader_end_at_last_fetch) {
    replica.last_caught_up = replica.last_caught_up
                                 ? std::max(*replica.last_caught_up, replica.last_fetch)
                                 : replica.last_fetch;
  }
  replica.last_fetch = now;
  replica.leader_end_at_last_fetch = ends.written_end;
  replica.log_end = fetch.offset;
  replica.log_start = fetch.log_start;
  replica.eligibility = fetch.eligibility;
  return ErrorCode::none;
}

IsrChange Leader::propose(const std::vector<NodeId>& isr) const {
  IsrChange change{.leader_epoch = state_.leader_epoch,
                   .partition_epoch = state_.partition_epoch,
                   .isr = {},
                   .recovering = false};
  for (const NodeId id : isr) {
    const auto replica = replicas_.find(id);
    change.isr.push_back(
        {id, replica == replicas_.end() ? BrokerEpoch(-1) : replica->second.broker_epoch});
  }
  return change;
}

std::optional<IsrChange> Leader::maybe_expand_isr(NodeId follower, LogEnds ends) {
  if (!is_leader() || pending_) return std::nullopt;
  const auto replica = replicas_.find(follower);
  if (replica == replicas_.end() || contains(state_.isr, follower)) return std::nullopt;
  if (replica->second.eligibility != Eligibility::eligible) return std::nullopt;
  const Offset high_watermark = std::max(high_watermark_, ends.high_watermark);
  // The epoch's start too: below it the follower may still hold records that this leader does not.
  if (replica->second.log_end < std::max(high_watermark, epoch_start_)) return std::nullopt;
  std::vector<NodeId> isr = state_.isr;
  isr.push_back(follower);
  pending_ = propose(isr);
  return pending_;
}

bool Leader::is_caught_up(const Replica& replica, Offset leader_end, MonoTime now) const {
  if (replica.log_end == leader_end) return true;
  return replica.last_caught_up && now - *replica.last_caught_up <= config_.replica_lag_max;
}

std::optional<IsrChange> Leader::maybe_shrink_isr(LogEnds ends, MonoTime now) {
  if (!is_leader() || pending_) return std::nullopt;
  std::vector<NodeId> isr;
  for (const NodeId id : state_.isr) {
    const auto replica = replicas_.find(id);
    if (replica == replicas_.end() || is_caught_up(replica->second, ends.written_end, now)) {
      isr.push_back(id);
    }
  }
  // A leader after an unclean election says with its first change that it has recovered.
  if (isr.size() == state_.isr.size() && !state_.recovering) return std::nullopt;
  pending_ = propose(isr);
  return pending_;
}

bool Leader::on_alter_partition_error(ErrorCode error) {
  if (!pending_) return false;
  switch (error) {
    case ErrorCode::ineligible_replica:
    case ErrorCode::operation_not_attempted:
      pending_.reset();
      return false;
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::fenced_leader_epoch:
    case ErrorCode::invalid_update_version:
    case ErrorCode::invalid_request:
    case ErrorCode::new_leader_elected:
      // The metadata log has moved on: its news settles the change.
      return false;
    default:
      return true;
  }
}

}  // namespace moldau::replication
