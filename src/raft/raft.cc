#include "raft/raft.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "raft/control_records.h"
#include "records/builder.h"

namespace moldau::raft {
namespace {

/// Of one record beside its value: lengths, deltas, attributes, counts.
constexpr std::size_t record_overhead_max = 32;

}  // namespace

std::string_view name(Role role) {
  switch (role) {
    case Role::unattached:
      return "Unattached";
    case Role::candidate:
      return "Candidate";
    case Role::leader:
      return "Leader";
    case Role::resigned:
      return "Resigned";
  }
  return "";
}

Raft::Raft(Config config, ElectionState election, LogState log, MonoTime now)
    : config_(std::move(config)),
      election_(election),
      log_(std::move(log)),
      // What was found at the start has survived one; the owner has synced it (ARCHITECTURE §6).
      durable_end_(log_.end().offset),
      delivered_end_(log_.latest_snapshot() ? log_.latest_snapshot()->offset : Offset(0)),
      last_snapshot_time_(now) {}

Result<Raft> Raft::make(Config config, std::optional<ElectionState> election, LogState log,
                        MonoTime now) {
  if (!log.voters().is_only_voter(config.self)) {
    return fail(Errc::unsupported,
                fmt::format("node {} with directory {} is not the only voter of its metadata "
                            "quorum of {}",
                            config.self.id, config.self.directory_id, log.voters().size()));
  }
  if (log.latest_snapshot() && log.end().offset < log.latest_snapshot()->offset) {
    return fail(Errc::corrupt, fmt::format("the metadata log ends at {}, before its snapshot {}",
                                           log.end().offset, *log.latest_snapshot()));
  }
  ElectionState state = election.value_or(ElectionState{});
  if (state.epoch < log.end().epoch) {
    // quorum-state was lost or is old: all that is known is that this epoch has had a leader.
    state = ElectionState{.epoch = log.end().epoch, .leader = no_node, .voted = {}};
  }
  Raft raft(std::move(config), state, std::move(log), now);
  if (state.leader == raft.config_.self.id) {
    // A leader does not write in its old epoch after a restart: what it had not flushed may be
    // gone, and offset and epoch must name one record for ever.
    raft.role_ = Role::resigned;
  } else if (state.voted == raft.config_.self) {
    raft.role_ = Role::candidate;
  }
  return raft;
}

void Raft::start(WallMs wall) {
  CHECK(role_ != Role::leader, "started twice");
  become_candidate(wall);
}

void Raft::set_election(ElectionState election) {
  election_ = election;
  ready_.election_state = election;
}

void Raft::become_candidate(WallMs wall) {
  role_ = Role::candidate;
  set_election({.epoch = election_.epoch.next(), .leader = no_node, .voted = config_.self});
  // The only voter has its majority: its own vote. Both states are one write of quorum-state, as
  // nobody could have seen the first.
  become_leader(wall);
}

void Raft::become_leader(WallMs wall) {
  role_ = Role::leader;
  set_election({.epoch = election_.epoch, .leader = config_.self.id, .voted = {}});
  epoch_start_ = log_end();
  active_announced_ = false;

  std::vector<ControlRecord> records;
  protocol::LeaderChangeMessage change;  // of version 0, as Apache's: without directory ids
  change.leader_id = config_.self.id;
  for (const Voter& voter : voters().voters()) {
    change.voters.push_back({voter.key.id, {}});
  }
  change.granting_voters.push_back({config_.self.id, {}});
  records.emplace_back(std::move(change));

  const Voter* self = voters().find(config_.self.id);
  const bool listeners_changed = self != nullptr && self->endpoints != config_.listeners;
  if (kraft_version() > 0 && (!log_.voters_are_in_log() || listeners_changed)) {
    protocol::KRaftVersionRecord version;
    version.kraft_version = kraft_version();
    records.emplace_back(version);
    const Voter updated{.key = config_.self, .endpoints = config_.listeners};
    records.emplace_back(voters().with_updated(updated).to_record());
  }
  append_batch(build_control_batch(records, log_end(), epoch(), wall.value), wall.value);
}

void Raft::resign() {
  if (role_ != Role::leader) return;
  role_ = Role::resigned;
  ready_.leadership_lost = true;
  ready_.active_epoch.reset();
}

void Raft::append_batch(SharedBytes bytes, std::int64_t timestamp) {
  const auto batch = records::BatchView::parse(bytes.bytes());
  CHECK(batch.has_value(), "own batch: {}", batch.error().to_string());
  const auto appended = log_.append(*batch);
  CHECK(appended.has_value(), "own batch: {}", appended.error().to_string());
  uncommitted_bytes_ += bytes.size();
  uncommitted_.push_back({.base_offset = batch->base_offset(),
                          .last_offset = batch->last_offset(),
                          .epoch = epoch(),
                          .timestamp = timestamp,
                          .bytes = std::move(bytes)});
  ready_.append.push_back(uncommitted_.back());
}

Result<Appended> Raft::append(std::span<const SharedBytes> values, Split split, WallMs wall) {
  if (role_ != Role::leader) return fail(Errc::unavailable, "not the leader of the quorum");
  CHECK(!values.empty(), "an append of nothing");
  std::vector<records::BatchBuilder> builders;
  Offset next = log_end();
  for (const SharedBytes& value : values) {
    const std::size_t size = value.size() + record_overhead_max;
    const bool full =
        !builders.empty() && builders.back().uncompressed_size() + size > config_.batch_bytes_max;
    if (size + records::batch_header_size > config_.batch_bytes_max ||
        (full && split == Split::forbidden)) {
      return fail(Errc::too_large, fmt::format("{} metadata records do not fit into a batch of {}",
                                               values.size(), config_.batch_bytes_max));
    }
    if (builders.empty() || full) {
      if (!builders.empty()) next += builders.back().record_count();
      builders.emplace_back(records::BatchOptions{.base_offset = next, .leader_epoch = epoch()});
    }
    builders.back().append({.timestamp = wall.value, .value = value.bytes()});
  }
  const Offset base = log_end();
  for (auto& builder : builders) append_batch(std::move(builder).build(), wall.value);
  return Appended{.base_offset = base, .last_offset = log_end() - 1};
}

void Raft::on_durable(Offset end) {
  CHECK(end <= log_end(), "durable {} of a log that ends at {}", end, log_end());
  if (end <= durable_end_) return;
  durable_end_ = end;
  maybe_advance_high_watermark();
}

void Raft::maybe_advance_high_watermark() {
  // Only with a record of its own epoch does a leader know that what came before is committed too.
  if (role_ != Role::leader || durable_end_ <= epoch_start_) return;
  if (high_watermark_ && durable_end_ <= *high_watermark_) return;
  commit_to(durable_end_);
}

void Raft::commit_to(Offset high_watermark) {
  high_watermark_ = high_watermark;
  if (!ready_.committed) {
    ready_.committed = Committed{.begin = delivered_end_, .end = high_watermark, .batches = {}};
  }
  ready_.committed->end = high_watermark;
  while (!uncommitted_.empty() && uncommitted_.front().last_offset < high_watermark) {
    uncommitted_bytes_ -= uncommitted_.front().bytes.size();
    ready_.committed->batches.push_back(std::move(uncommitted_.front()));
    uncommitted_.pop_front();
  }
  delivered_end_ = high_watermark;
  if (!active_announced_ && high_watermark > epoch_start_) {
    active_announced_ = true;
    ready_.active_epoch = epoch();
  }
}

Ready Raft::take_ready() {
  return std::exchange(ready_, Ready{});
}

bool Raft::wants_snapshot(MonoTime now) const {
  const auto deadline = snapshot_deadline();
  if (!deadline) return false;
  return committed_bytes() - bytes_at_snapshot_ >= config_.snapshot_bytes || now >= *deadline;
}

std::optional<MonoTime> Raft::snapshot_deadline() const {
  if (!high_watermark_ || pending_snapshot_ || committed_bytes() == bytes_at_snapshot_) {
    return std::nullopt;
  }
  return last_snapshot_time_ + config_.snapshot_interval;
}

Result<SnapshotOptions> Raft::begin_snapshot(OffsetAndEpoch id, std::int64_t last_timestamp) {
  CHECK(!pending_snapshot_, "a second snapshot while {} is being written", pending_snapshot_->id);
  if (!high_watermark_ || id.offset > *high_watermark_) {
    return fail(Errc::invalid, fmt::format("a snapshot at {}, which is not committed", id));
  }
  if (log_.latest_snapshot() && id.offset <= log_.latest_snapshot()->offset) {
    return fail(Errc::invalid, fmt::format("a snapshot at {} behind the latest at {}", id,
                                           *log_.latest_snapshot()));
  }
  pending_snapshot_ = PendingSnapshot{.id = id, .committed_bytes = committed_bytes()};
  return SnapshotOptions{.id = id,
                         .last_contained_log_timestamp = last_timestamp,
                         .kraft_version = log_.kraft_version_at(id.offset),
                         .voters = log_.voters_at(id.offset),
                         .batch_bytes_max = config_.batch_bytes_max};
}

void Raft::on_snapshot_stored(MonoTime now) {
  CHECK(pending_snapshot_, "no snapshot was begun");
  log_.snapshot_stored(pending_snapshot_->id);
  bytes_at_snapshot_ = pending_snapshot_->committed_bytes;
  ready_.delete_before = pending_snapshot_->id.offset;
  pending_snapshot_.reset();
  last_snapshot_time_ = now;
}

void Raft::on_snapshot_failed(MonoTime now) {
  bytes_at_snapshot_ = pending_snapshot_ ? pending_snapshot_->committed_bytes : committed_bytes();
  pending_snapshot_.reset();
  last_snapshot_time_ = now;
}

protocol::DescribeQuorumResponse Raft::describe_quorum(
    const protocol::DescribeQuorumRequest& request, WallMs wall) const {
  using protocol::ErrorCode;
  constexpr std::string_view topic_name = "__cluster_metadata";
  protocol::DescribeQuorumResponse response;
  const bool asks_for_the_log = request.topics.size() == 1 &&
                                request.topics[0].topic_name == topic_name &&
                                request.topics[0].partitions.size() == 1 &&
                                request.topics[0].partitions[0].partition_index == PartitionId(0);
  if (!asks_for_the_log) {
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.topic_name = Text::copy(asked.topic_name);
      for (const auto& partition : asked.partitions) {
        auto& answer = topic.partitions.emplace_back();
        answer.partition_index = partition.partition_index;
        answer.error_code = ErrorCode::unknown_topic_or_partition;
        answer.error_message = Text::view(protocol::message(answer.error_code));
      }
    }
    return response;
  }
  auto& topic = response.topics.emplace_back();
  topic.topic_name = "__cluster_metadata";
  auto& answer = topic.partitions.emplace_back();
  if (!is_leader()) {
    answer.error_code = ErrorCode::not_leader_or_follower;
    answer.error_message = Text::view(protocol::message(answer.error_code));
    return response;
  }
  answer.leader_id = config_.self.id;
  answer.leader_epoch = epoch();
  answer.high_watermark = high_watermark_.value_or(no_offset);
  for (const Voter& voter : voters().voters()) {
    answer.current_voters.push_back({.replica_id = voter.key.id,
                                     .replica_directory_id = voter.key.directory_id,
                                     .log_end_offset = log_end(),
                                     .last_fetch_timestamp = wall.value,
                                     .last_caught_up_timestamp = wall.value});
    auto& node = response.nodes.emplace_back();
    node.node_id = voter.key.id;
    for (const Endpoint& endpoint : voter.endpoints) {
      node.listeners.push_back({Text(endpoint.name), Text(endpoint.host), endpoint.port});
    }
  }
  return response;
}

}  // namespace moldau::raft
