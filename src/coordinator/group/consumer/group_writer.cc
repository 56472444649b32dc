#include "coordinator/group/consumer/group_writer.h"

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace moldau::coordinator {
namespace {

/// Kafka's: topics that change are told of, so that time alone hardly matters.
constexpr std::int64_t topics_fresh_ms = std::numeric_limits<std::int32_t>::max();

}  // namespace

ConsumerSettings ConsumerGroupsShared::settings(std::string_view group,
                                                const Context& context) const {
  const GroupOverrides own =
      context.topics == nullptr ? GroupOverrides{} : context.topics->group_overrides(group);
  return {.session_timeout_ms =
              own.consumer_session_timeout_ms.value_or(config.consumer_session_timeout_ms),
          .heartbeat_interval_ms =
              own.consumer_heartbeat_interval_ms.value_or(config.consumer_heartbeat_interval_ms),
          .assignment_interval_ms =
              own.consumer_assignment_interval_ms.value_or(config.consumer_assignment_interval_ms)};
}

void ConsumerGroupWriter::put_member(const ConsumerMember& member) {
  write(consumer_member_record(group_.id(), member));
  group_.put_member(member);
}

void ConsumerGroupWriter::put_current(const ConsumerMember& member) {
  write(consumer_current_record(group_.id(), member));
  group_.put_member(member);
  start_or_stop_rebalance(member.id);
}

void ConsumerGroupWriter::remove_member(std::string_view member_id) {
  write(consumer_current_tombstone(group_.id(), member_id));
  write(consumer_target_tombstone(group_.id(), member_id));
  write(consumer_member_tombstone(group_.id(), member_id));
  group_.remove_target(member_id);
  group_.remove_member(member_id);
}

void ConsumerGroupWriter::put_target(std::string_view member_id, const TopicPartitions& target) {
  write(consumer_target_record(group_.id(), member_id, target));
  group_.put_target(member_id, target);
}

void ConsumerGroupWriter::set_target_epoch(std::int32_t epoch) {
  const ConsumerTargetEpochEntry::Value value{epoch, context_.wall.value};
  write(consumer_target_epoch_record(group_.id(), value));
  group_.set_target_epoch(value);
}

void ConsumerGroupWriter::put_regex(std::string_view regex, const ResolvedRegex& resolved) {
  write(consumer_regex_record(group_.id(), regex, resolved));
  group_.put_regex(regex, resolved);
}

void ConsumerGroupWriter::remove_regex(std::string_view regex) {
  write(consumer_regex_tombstone(group_.id(), regex));
  group_.remove_regex(regex);
}

void ConsumerGroupWriter::bump_epoch() {
  const ConsumerGroupEntry::Value value{group_.epoch() + 1, compute_hash()};
  write(consumer_group_record(group_.id(), value));
  group_.set_epoch(value);
}

std::int64_t ConsumerGroupWriter::compute_hash() const {
  std::map<std::string_view, std::uint64_t> hashes;
  if (context_.topics != nullptr) {
    for (const auto& [name, count] : group_.topics()) {
      const auto topic = context_.topics->find(name);
      if (topic) hashes.emplace(name, shared_.hashes.of(*topic, *context_.topics));
    }
  }
  return group_hash(hashes);
}

void ConsumerGroupWriter::topics_are_fresh() {
  group_.fresh_until = context_.now + milliseconds(topics_fresh_ms);
  // Brokers before 4.1 kept what they knew of topics in a record of its own.
  if (!group_.has_partition_metadata()) return;
  write(consumer_partition_metadata_tombstone(group_.id()));
  group_.set_has_partition_metadata(false);
}

void ConsumerGroupWriter::fence(const std::set<std::string>& member_ids) {
  std::set<std::string> regexes;
  for (const std::string& id : member_ids) {
    const std::string* const regex = group_.find(id)->regex();
    if (regex != nullptr) regexes.insert(*regex);
    remove_member(id);
  }
  for (const std::string& regex : regexes) {
    if (!group_.subscribed_regexes().contains(regex)) remove_regex(regex);
  }
  bump_epoch();
  if (!group_.members().empty()) return;
  // Of nobody the target is known; and the first to join again need not wait for an interval.
  const ConsumerTargetEpochEntry::Value value{group_.epoch(), 0};
  write(consumer_target_epoch_record(group_.id(), value));
  group_.set_target_epoch(value);
}

void ConsumerGroupWriter::write_group() {
  group_.set_epoch({group_.epoch(), compute_hash()});
  for (const auto& [id, member] : group_.members()) {
    write(consumer_member_record(group_.id(), member));
  }
  write(consumer_group_record(group_.id(), {group_.epoch(), group_.metadata_hash()}));
  for (const auto& [id, member] : group_.members()) {
    write(consumer_target_record(group_.id(), id, group_.target_of(id)));
  }
  write(consumer_target_epoch_record(group_.id(), {group_.target_epoch(), 0}));
  for (const auto& [id, member] : group_.members()) {
    write(consumer_current_record(group_.id(), member));
  }
}

void ConsumerGroupWriter::erase_group() {
  std::vector<std::string> ids;
  for (const auto& [id, member] : group_.members()) ids.push_back(id);
  for (const auto& id : ids) write(consumer_current_tombstone(group_.id(), id));
  for (const auto& id : ids) write(consumer_target_tombstone(group_.id(), id));
  write(consumer_target_epoch_tombstone(group_.id()));
  for (const auto& id : ids) write(consumer_member_tombstone(group_.id(), id));
  for (const auto& [regex, resolved] : group_.resolved_regexes()) {
    write(consumer_regex_tombstone(group_.id(), regex));
  }
  write(consumer_partition_metadata_tombstone(group_.id()));
  write(consumer_group_tombstone(group_.id()));
}

void ConsumerGroupWriter::start_session(std::string_view member_id) {
  const ConsumerMember& member = *group_.find(member_id);
  auto& [id, timers] = group_.timers_of(member_id);
  const std::int64_t timeout_ms = member.classic
                                      ? member.classic->session_timeout_ms
                                      : shared_.settings(group_.id(), context_).session_timeout_ms;
  shared_.timers.set(
      timers.session, context_.now + milliseconds(timeout_ms),
      {.kind = GroupTimer::Kind::consumer_session, .member_id = id, .consumer_group = &group_});
}

void ConsumerGroupWriter::start_or_stop_rebalance(std::string_view member_id) {
  const ConsumerMember& member = *group_.find(member_id);
  auto& [id, timers] = group_.timers_of(member_id);
  if (member.state != MemberState::unrevoked_partitions || member.epoch < 0 || member.classic) {
    timers.rebalance.cancel();
    return;
  }
  timers.rebalance_epoch = member.epoch;
  shared_.timers.set(
      timers.rebalance, context_.now + milliseconds(member.rebalance_timeout_ms),
      {.kind = GroupTimer::Kind::consumer_rebalance, .member_id = id, .consumer_group = &group_});
}

void ConsumerGroupWriter::expect_join(std::string_view member_id) {
  auto& [id, timers] = group_.timers_of(member_id);
  if (timers.join.is_set()) return;
  const std::int64_t timeout_ms = group_.find(member_id)->rebalance_timeout_ms;
  shared_.timers.set(
      timers.join, context_.now + milliseconds(timeout_ms),
      {.kind = GroupTimer::Kind::consumer_join, .member_id = id, .consumer_group = &group_});
}

void ConsumerGroupWriter::expect_sync(std::string_view member_id) {
  auto& [id, timers] = group_.timers_of(member_id);
  timers.join.cancel();
  const std::int64_t timeout_ms = group_.find(member_id)->rebalance_timeout_ms;
  shared_.timers.set(
      timers.sync, context_.now + milliseconds(timeout_ms),
      {.kind = GroupTimer::Kind::consumer_sync, .member_id = id, .consumer_group = &group_});
}

void ConsumerGroupWriter::has_synced(std::string_view member_id) {
  group_.timers_of(member_id).second.sync.cancel();
  start_session(member_id);
}

}  // namespace moldau::coordinator
