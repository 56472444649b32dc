#include "coordinator/group/consumer/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "coordinator/group/consumer/reconcile.h"
#include "coordinator/group/consumer/regexes.h"
#include "coordinator/group/consumer/target.h"

namespace moldau::coordinator {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

namespace {

/// Between two looks at all topics for the sake of regular expressions that are known already.
constexpr std::int64_t regex_refresh_ms_min = 10'000;

ConsumerGroupHeartbeatResponse::Assignment assignment_of(const ConsumerMember& member) {
  ConsumerGroupHeartbeatResponse::Assignment result;
  for (const auto& [topic, partitions] : member.assigned) {
    auto& to = result.topic_partitions.emplace_back();
    to.topic_id = topic;
    for (const auto& [partition, epoch] : partitions) to.partitions.push_back(partition);
  }
  return result;
}

/// One that says everything, as after an error, is told everything.
bool is_full(const ConsumerGroupHeartbeatRequest& request) {
  return request.rebalance_timeout_ms != -1 &&
         (request.subscribed_topic_names || request.subscribed_topic_regex) &&
         request.topic_partitions;
}

}  // namespace

std::optional<TopicPartitions> owned_by(const ConsumerGroupHeartbeatRequest& request) {
  if (!request.topic_partitions) return std::nullopt;
  TopicPartitions result;
  for (const auto& topic : *request.topic_partitions) {
    add_partitions(result, topic.topic_id, topic.partitions);
  }
  return result;
}

ConsumerMember updated(ConsumerMember member, const Caller& caller,
                       const ConsumerGroupHeartbeatRequest& request) {
  if (request.instance_id) member.instance_id = request.instance_id->str();
  if (request.rack_id) member.rack_id = request.rack_id->str();
  if (request.rebalance_timeout_ms != -1) {
    member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  }
  if (request.server_assignor) member.server_assignor = request.server_assignor->str();
  if (request.subscribed_topic_names) {
    member.topic_names.clear();
    for (const Text& name : *request.subscribed_topic_names)
      member.topic_names.emplace(name.view());
  }
  if (request.subscribed_topic_regex) member.topic_regex = request.subscribed_topic_regex->str();
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  member.classic.reset();
  return member;
}

ConsumerGroupHeartbeatResponse answer_heartbeat(const ConsumerGroupHeartbeatRequest& request,
                                                const ConsumerMember& before,
                                                const ConsumerMember& now,
                                                std::int32_t heartbeat_interval_ms) {
  ConsumerGroupHeartbeatResponse response;
  response.member_id = Text::copy(now.id);
  response.member_epoch = now.epoch;
  response.heartbeat_interval_ms = heartbeat_interval_ms;
  if (request.member_epoch == 0 || is_full(request) ||
      !equal_partitions(before.assigned, now.assigned)) {
    response.assignment = assignment_of(now);
  }
  return response;
}

const ConsumerMember& Heartbeat::advance(const HeartbeatSender& sender,
                                         const ConsumerMember& next) {
  ConsumerGroupWriter writer(group, shared, context, effects);
  const ConsumerMember& before = sender.member;
  EpochReason reason = write_member(sender, next, writer);
  const bool has_subscription_changed =
      next.topic_names != before.topic_names || next.topic_regex != before.topic_regex;
  maybe_bump_epoch(std::move(reason), writer);
  if (group.epoch() > group.target_epoch() && may_assign()) {
    update_target(group, writer, shared.config, context.topics);
    effects.events.push_back(
        event_of(group, GroupEvent::Kind::assigned, nullptr,
                 fmt::format("epoch {}: who is to have what is decided", group.target_epoch())));
  }
  const ConsumerMember& now = take_a_step(next.id, has_subscription_changed, writer);
  writer.start_session(now.id);
  if (!now.classic) {
    auto& timers = group.timers_of(now.id).second;
    timers.join.cancel();
    timers.sync.cancel();
  }
  return now;
}

GroupEvent event_of(const ConsumerGroup& group, GroupEvent::Kind kind, const ConsumerMember* member,
                    std::string text) {
  GroupEvent event{.kind = kind, .group = group.id(), .text = std::move(text)};
  if (member != nullptr) {
    event.member = member->id;
    event.client = client_text(member->client_id, member->client_host);
  }
  return event;
}

GroupEvent rebalance_of(const ConsumerGroup& group, std::int32_t epoch, const EpochReason& reason) {
  GroupEvent event = event_of(group, GroupEvent::Kind::rebalance, nullptr,
                              fmt::format("epoch {}: {}", epoch, reason.text));
  event.cause = reason.cause;
  return event;
}

/// Who is new, or took the place of another process.
void Heartbeat::note_changes(const HeartbeatSender& sender, const ConsumerMember& next,
                             bool is_new) {
  if (sender.replaces) {
    effects.events.push_back(
        event_of(group, GroupEvent::Kind::static_replaced, &next,
                 fmt::format("static member {:?} is {:?} now, no longer {:?}",
                             next.instance_id.value_or(""), next.id, *sender.replaces)));
  } else if (is_new) {
    effects.events.push_back(event_of(group, GroupEvent::Kind::joined, &next,
                                      fmt::format("member {:?} joins", next.id)));
  }
}

EpochReason Heartbeat::write_member(const HeartbeatSender& sender, const ConsumerMember& next,
                                    ConsumerGroupWriter& writer) {
  const ConsumerMember& before = sender.member;
  const bool is_new = group.find(before.id) == nullptr;
  const std::string_view assignor = choose_assignor(group, shared.config);
  note_changes(sender, next, is_new);
  if (sender.replaces) {
    const TopicPartitions target = group.target_of(*sender.replaces);
    writer.remove_member(*sender.replaces);
    writer.put_member(before);
    writer.put_target(before.id, target);
    writer.put_current(before);
  }
  if (next != before) writer.put_member(next);

  const std::string* const old_regex = before.regex();
  const bool regex_changed = next.topic_regex != before.topic_regex;
  if (regex_changed && old_regex != nullptr && !group.subscribed_regexes().contains(*old_regex)) {
    writer.remove_regex(*old_regex);
  }
  const bool regexes_moved = refresh_regexes(writer);
  if (next.topic_names != before.topic_names ||
      (regex_changed && (old_regex != nullptr || next.regex() != nullptr))) {
    return {is_new ? GroupEvent::Kind::joined : GroupEvent::Kind::subscription,
            fmt::format("member {:?} {}", next.id, is_new ? "joins" : "changes its subscription")};
  }
  if (choose_assignor(group, shared.config) != assignor) {
    return {GroupEvent::Kind::assignor, "its members prefer another assignor"};
  }
  if (!regexes_moved) return {};
  return {GroupEvent::Kind::topics, "regular expressions mean other topics"};
}

/// Those that are new at once; all of them if there are new topics, or if they are old, but not too
/// often: each looks at all topics.
bool Heartbeat::refresh_regexes(ConsumerGroupWriter& writer) {
  if (context.topics == nullptr) return false;
  std::int64_t looked_at_ms = context.wall.value;
  std::int64_t version = context.topics->version();
  bool is_of_the_future = false;  // a clock was put back: nobody waits for it
  for (const auto& [regex, resolved] : group.resolved_regexes()) {
    looked_at_ms = std::min(looked_at_ms, resolved.timestamp_ms);
    is_of_the_future |= resolved.timestamp_ms > context.wall.value;
    version = std::min(version, resolved.version);
  }
  const std::int64_t age_ms = context.wall.value - looked_at_ms;
  const bool refresh_all = (is_of_the_future || age_ms > regex_refresh_ms_min) &&
                           (version < shared.new_topics_version || is_of_the_future ||
                            age_ms > shared.config.consumer_regex_refresh_interval_ms);
  bool moved = false;
  for (const auto& [regex, members] : group.subscribed_regexes()) {
    const auto known = group.resolved_regexes().find(regex);
    const bool is_known = known != group.resolved_regexes().end();
    if (is_known && !refresh_all) continue;
    ResolvedRegex resolved{.topics = resolve_regex(regex, *context.topics, may_describe),
                           .version = context.topics->version(),
                           .timestamp_ms = context.wall.value};
    moved |= !is_known || known->second.topics != resolved.topics;
    writer.put_regex(regex, resolved);
  }
  return moved;
}

void Heartbeat::maybe_bump_epoch(EpochReason reason, ConsumerGroupWriter& writer) {
  const bool are_stale = !group.fresh_until || context.now >= *group.fresh_until;
  if (reason.text.empty() && are_stale && writer.compute_hash() != group.metadata_hash()) {
    reason = {GroupEvent::Kind::topics, "its topics have changed"};
  }
  if (!reason.text.empty()) {
    writer.bump_epoch();
    effects.notes.push_back(
        fmt::format("group {:?}: epoch {}: {}", group.id(), group.epoch(), reason.text));
    effects.events.push_back(rebalance_of(group, group.epoch(), reason));
  }
  if (!reason.text.empty() || are_stale) writer.topics_are_fresh();
}

bool Heartbeat::may_assign() const {
  const std::int64_t age_ms = context.wall.value - group.assigned_at_ms();
  const bool is_of_the_future = age_ms < 0;  // a clock was put back: nobody waits for it
  return group.assigned_at_ms() == 0 || is_of_the_future ||
         age_ms >= shared.settings(group.id(), context).assignment_interval_ms;
}

const ConsumerMember& Heartbeat::take_a_step(const std::string& member_id,
                                             bool has_subscription_changed,
                                             ConsumerGroupWriter& writer) {
  const ConsumerMember& member = *group.find(member_id);
  if (!has_subscription_changed && member.is_reconciled_to(group.target_epoch())) return member;
  const std::set<Uuid> subscribed = subscribed_topics(group, member, context.topics);
  const std::function<bool(const Uuid&, PartitionId)> is_free =
      [this](const Uuid& topic, PartitionId partition) { return group.is_free(topic, partition); };
  const auto next = reconcile({.member = member,
                               .target_epoch = group.target_epoch(),
                               .target = group.target_of(member_id),
                               .subscribed = subscribed,
                               .has_subscription_changed = has_subscription_changed,
                               .owned = owned,
                               .is_free = is_free});
  CHECK(next, "group {:?}: member {:?} was admitted in an unknown state", group.id(), member_id);
  if (*next != member) writer.put_current(*next);
  return *group.find(member_id);
}

}  // namespace moldau::coordinator
