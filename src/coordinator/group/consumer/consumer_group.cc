#include "coordinator/group/consumer/consumer_group.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace moldau::coordinator {
namespace {

/// A counter that is there while it is not 0.
template <class Counts>
void add(Counts& counts, std::string_view key, std::int32_t difference) {
  auto at = counts.find(key);
  if (at == counts.end()) at = counts.try_emplace(std::string(key)).first;
  at->second += static_cast<std::size_t>(difference);
  if (at->second == 0) counts.erase(at);
}

}  // namespace

std::string_view name(ConsumerGroupState state) {
  switch (state) {
    case ConsumerGroupState::empty:
      return "Empty";
    case ConsumerGroupState::assigning:
      return "Assigning";
    case ConsumerGroupState::reconciling:
      return "Reconciling";
    case ConsumerGroupState::stable:
      return "Stable";
  }
  return "";
}

void ConsumerGroup::set_epoch(ConsumerGroupEntry::Value value) {
  epoch_ = value.epoch;
  metadata_hash_ = value.metadata_hash;
}

void ConsumerGroup::put_member(ConsumerMember member) {
  const auto [at, is_new] = members_.try_emplace(member.id);
  if (!is_new) {
    count(at->second, -1);
    disown(at->first, at->second.assigned);
    disown(at->first, at->second.pending_revocation);
    forget_instance(at->second);
  }
  at->second = std::move(member);
  count(at->second, 1);
  own(at->first, at->second.assigned);
  own(at->first, at->second.pending_revocation);
  if (at->second.instance_id) static_members_[*at->second.instance_id] = at->first;
}

void ConsumerGroup::forget_instance(const ConsumerMember& member) {
  if (!member.instance_id) return;
  const auto known = static_members_.find(*member.instance_id);
  if (known != static_members_.end() && known->second == member.id) static_members_.erase(known);
}

void ConsumerGroup::remove_member(std::string_view member_id) {
  const auto at = members_.find(member_id);
  if (at == members_.end()) return;
  const ConsumerMember& member = at->second;
  count(member, -1);
  disown(at->first, member.assigned);
  disown(at->first, member.pending_revocation);
  forget_instance(member);
  if (const auto timers = timers_.find(member_id); timers != timers_.end()) timers_.erase(timers);
  members_.erase(at);
}

void ConsumerGroup::put_target(std::string_view member_id, TopicPartitions target) {
  targets_.insert_or_assign(std::string(member_id), std::move(target));
}

void ConsumerGroup::remove_target(std::string_view member_id) {
  if (const auto at = targets_.find(member_id); at != targets_.end()) targets_.erase(at);
}

void ConsumerGroup::put_regex(std::string_view regex, ResolvedRegex resolved) {
  remove_regex(regex);
  count_regex_topics(resolved, 1);
  regexes_.emplace(regex, std::move(resolved));
}

void ConsumerGroup::remove_regex(std::string_view regex) {
  const auto at = regexes_.find(regex);
  if (at == regexes_.end()) return;
  count_regex_topics(at->second, -1);
  regexes_.erase(at);
}

ConsumerMember ConsumerGroup::member_or_new(std::string_view member_id) const {
  if (const ConsumerMember* const known = find(member_id)) return *known;
  ConsumerMember member;
  member.id = member_id;
  return member;
}

void ConsumerGroup::apply(ConsumerEntry&& entry) {
  if (auto* const group = std::get_if<ConsumerGroupEntry>(&entry)) {
    if (group->value) set_epoch(*group->value);
  } else if (auto* const old = std::get_if<ConsumerPartitionMetadataEntry>(&entry)) {
    set_has_partition_metadata(old->exists);
  } else if (auto* const member = std::get_if<ConsumerMemberEntry>(&entry)) {
    if (!member->value) return remove_member(member->member);
    const ConsumerMember known = member_or_new(member->member);
    ConsumerMember next = std::move(*member->value);
    next.epoch = known.epoch;
    next.previous_epoch = known.previous_epoch;
    next.state = known.state;
    next.assigned = known.assigned;
    next.pending_revocation = known.pending_revocation;
    put_member(std::move(next));
  } else if (auto* const current = std::get_if<ConsumerCurrentEntry>(&entry)) {
    if (!current->value && find(current->member) == nullptr) return;
    ConsumerMember next = member_or_new(current->member);
    const ConsumerMember none{.epoch = leave_group_epoch, .previous_epoch = leave_group_epoch};
    const ConsumerMember& from = current->value ? *current->value : none;
    next.epoch = from.epoch;
    next.previous_epoch = from.previous_epoch;
    if (current->value) next.state = from.state;
    next.assigned = from.assigned;
    next.pending_revocation = from.pending_revocation;
    put_member(std::move(next));
  } else if (auto* const target_epoch = std::get_if<ConsumerTargetEpochEntry>(&entry)) {
    set_target_epoch(target_epoch->value.value_or(ConsumerTargetEpochEntry::Value{.epoch = -1}));
  } else if (auto* const target = std::get_if<ConsumerTargetEntry>(&entry)) {
    if (!target->value) return remove_target(target->member);
    put_target(target->member, std::move(*target->value));
  } else if (auto* const regex = std::get_if<ConsumerRegexEntry>(&entry)) {
    if (!regex->value) return remove_regex(regex->regex);
    put_regex(regex->regex, std::move(*regex->value));
  }
}

ConsumerGroupState ConsumerGroup::state() const {
  if (members_.empty()) return ConsumerGroupState::empty;
  if (epoch_ > target_.epoch) return ConsumerGroupState::assigning;
  const bool all_there = std::ranges::all_of(
      members_, [this](const auto& entry) { return entry.second.is_reconciled_to(target_.epoch); });
  return all_there ? ConsumerGroupState::stable : ConsumerGroupState::reconciling;
}

const ConsumerMember* ConsumerGroup::find(std::string_view member_id) const {
  const auto at = members_.find(member_id);
  return at == members_.end() ? nullptr : &at->second;
}

const ConsumerMember* ConsumerGroup::find_static(std::string_view instance_id) const {
  const auto at = static_members_.find(instance_id);
  return at == static_members_.end() ? nullptr : find(at->second);
}

bool ConsumerGroup::all_are_classic_but(const std::set<std::string>& member_ids) const {
  return std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.classic.has_value() || member_ids.contains(entry.first);
  });
}

const TopicPartitions* ConsumerGroup::find_target(std::string_view member_id) const {
  const auto at = targets_.find(member_id);
  return at == targets_.end() ? nullptr : &at->second;
}

const TopicPartitions& ConsumerGroup::target_of(std::string_view member_id) const {
  const TopicPartitions* const target = find_target(member_id);
  return target == nullptr ? nothing_ : *target;
}

bool ConsumerGroup::is_homogeneous() const {
  if (regex_counts_.empty()) {
    return std::ranges::all_of(topics_, [this](const auto& topic) {
      return static_cast<std::size_t>(topic.second.by_name) == members_.size();
    });
  }
  if (regex_counts_.begin()->second != members_.size()) return false;
  return std::ranges::all_of(topics_, [](const auto& topic) {
    return topic.second.by_regex == 1 && topic.second.by_name == 0;
  });
}

const std::string* ConsumerGroup::preferred_assignor() const {
  const auto most = std::ranges::max_element(assignor_counts_, {},
                                             [](const auto& entry) { return entry.second; });
  return most == assignor_counts_.end() ? nullptr : &most->first;
}

bool ConsumerGroup::is_free(const Uuid& topic, PartitionId partition) const {
  const auto at = owners_.find(topic);
  return at == owners_.end() || !at->second.contains(partition);
}

std::pair<const std::string, ConsumerGroup::MemberTimers>& ConsumerGroup::timers_of(
    std::string_view member_id) {
  const auto at = timers_.find(member_id);
  return at != timers_.end() ? *at : *timers_.try_emplace(std::string(member_id)).first;
}

const ConsumerGroup::MemberTimers* ConsumerGroup::find_timers(std::string_view member_id) const {
  const auto at = timers_.find(member_id);
  return at == timers_.end() ? nullptr : &at->second;
}

void ConsumerGroup::count(const ConsumerMember& member, std::int32_t difference) {
  metadata_bytes_ += static_cast<std::size_t>(difference) * member.metadata_bytes();
  for (const std::string& topic : member.topic_names) {
    auto& counts = topics_[topic];
    counts.by_name += difference;
    if (counts.by_name == 0 && counts.by_regex == 0) topics_.erase(topic);
  }
  if (const std::string* const regex = member.regex()) add(regex_counts_, *regex, difference);
  if (member.server_assignor) add(assignor_counts_, *member.server_assignor, difference);
}

void ConsumerGroup::count_regex_topics(const ResolvedRegex& resolved, std::int32_t difference) {
  for (const std::string& topic : resolved.topics) {
    auto& counts = topics_[topic];
    counts.by_regex += difference;
    if (counts.by_name == 0 && counts.by_regex == 0) topics_.erase(topic);
  }
}

void ConsumerGroup::own(const std::string& member_id, const EpochPartitions& partitions) {
  for (const auto& [topic, of_topic] : partitions) {
    auto& owners = owners_[topic];
    for (const auto& [partition, epoch] : of_topic) owners.insert_or_assign(partition, member_id);
  }
}

void ConsumerGroup::disown(const std::string& member_id, const EpochPartitions& partitions) {
  for (const auto& [topic, of_topic] : partitions) {
    const auto owners = owners_.find(topic);
    if (owners == owners_.end()) continue;
    for (const auto& [partition, epoch] : of_topic) {
      const auto at = owners->second.find(partition);
      if (at != owners->second.end() && at->second == member_id) owners->second.erase(at);
    }
    if (owners->second.empty()) owners_.erase(owners);
  }
}

}  // namespace moldau::coordinator
