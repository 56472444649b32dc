#include "coordinator/group/groups.h"

#include <fmt/format.h>

#include <utility>

#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/consumer/heartbeat.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/groups_state.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {

using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

namespace {

/// For the history: a request was refused because its sender is not, or no longer, who it says. A
/// member that is told so joins anew, so that nothing else would tell of it.
void note_stranger(ErrorCode error, std::string_view what, const Text& group, const Text& member,
                   const Caller& caller, Effects& effects) {
  const bool is_replaced = error == ErrorCode::fenced_instance_id;
  if (!is_replaced && error != ErrorCode::unknown_member_id) return;
  effects.events.push_back({.kind = GroupEvent::Kind::fenced,
                            .group = group.str(),
                            .member = member.str(),
                            .client = client_text(caller.client_id, caller.client_host),
                            .text = fmt::format("{} is refused ({}): {}", what, error,
                                                is_replaced ? "another has its group.instance.id"
                                                            : "its sender is no member any more")});
}

}  // namespace

Groups::Groups(GroupsConfig config) : state_(std::make_unique<State>(std::move(config))) {}
Groups::~Groups() = default;

Result<bool> Groups::replay(Bytes key, std::optional<Bytes> value) {
  LogEntry entry = TRY(decode_record(key, value));
  if (auto* const offset = std::get_if<OffsetEntry>(&entry)) {
    if (!offset->committed) {
      state_->offsets.erase(offset->group, offset->topic, offset->partition);
      return true;
    }
    if (!state_->has(offset->group)) state_->make(offset->group, std::nullopt);
    state_->offsets.put(offset->group, offset->topic, offset->partition,
                        std::move(*offset->committed));
    return true;
  }
  if (const auto* const group = std::get_if<GroupEntry>(&entry)) {
    const auto known = state_->groups.find(group->group.view());
    if (!group->value) {
      if (known != state_->groups.end()) state_->groups.erase(known);
      return true;
    }
    // Once loaded, the record was made from the group as it is; what is soft stays.
    if (state_->is_loaded && known != state_->groups.end()) return true;
    if (const auto old = state_->consumer_groups.find(group->group.view());
        old != state_->consumer_groups.end()) {
      state_->consumer_groups.erase(old);
    }
    auto loaded = TRY(ClassicGroup::from_value(group->group, state_->shared, *group->value));
    state_->groups.insert_or_assign(loaded->id(), std::move(loaded));
    return true;
  }
  auto of_consumer_group = TRY(decode_consumer_record(key, value));
  if (!of_consumer_group) return false;
  // Once loaded, the record was made from the group as it is.
  if (!state_->is_loaded) TRY(state_->apply(std::move(*of_consumer_group)));
  return true;
}

void Groups::on_loaded(const Context& context) {
  state_->is_loaded = true;
  if (context.topics != nullptr) {
    state_->consumer_shared.new_topics_version = context.topics->version();
  }
  for (const auto& [id, group] : state_->groups) group->on_loaded(context);
  for (const auto& [id, group] : state_->consumer_groups) {
    Effects effects;
    ConsumerGroupWriter writer(*group, state_->consumer_shared, context, effects);
    for (const auto& [member_id, member] : group->members()) {
      writer.start_session(member_id);
      writer.start_or_stop_rebalance(member_id);
    }
  }
  state_->schedule_sweep(context.now +
                         milliseconds(state_->shared.config.offsets_retention_check_interval_ms));
}

GroupStep<JoinGroupResponse> Groups::join(const Context& context, const Caller& caller,
                                          const JoinGroupRequest& request) {
  const auto refuse = [&](ErrorCode error) {
    return answer(join_refusal(error, request.member_id, caller.version));
  };
  if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
  const GroupsConfig& config = state_->shared.config;
  if (request.session_timeout_ms < config.group_min_session_timeout_ms ||
      request.session_timeout_ms > config.group_max_session_timeout_ms) {
    return refuse(ErrorCode::invalid_session_timeout);
  }
  Effects effects;
  ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id);
  if (of_consumers != nullptr && !of_consumers->members().empty()) {
    auto response = state_->join_consumer_group(*of_consumers, context, caller, request, effects);
    if (caller.version >= 7 && response.protocol_name && response.protocol_name->empty()) {
      response.protocol_name.reset();
    }
    note_stranger(response.error_code, "a JoinGroup", request.group_id, request.member_id, caller,
                  effects);
    const Atomicity atomicity = state_->atomicity_of(effects);
    return answer(std::move(response), std::move(effects), atomicity);
  }
  ClassicGroup* group = state_->find(request.group_id);
  if (group == nullptr) {
    if (!request.member_id.empty()) return refuse(ErrorCode::unknown_member_id);
    if (!names_a_protocol(request)) return refuse(ErrorCode::inconsistent_group_protocol);
    state_->drop_empty_consumer_group(request.group_id, context, effects);
    group = &state_->make(request.group_id, context.wall);
    effects.records.push_back(group_record(group->id(), group->value()));
  }
  auto reply = group->join(context, caller, request, effects);
  if (reply) {
    note_stranger(reply->error_code, "a JoinGroup", request.group_id, request.member_id, caller,
                  effects);
  }
  return answer_or_park(std::move(reply), caller.reply_id, std::move(effects));
}

GroupStep<SyncGroupResponse> Groups::sync(const Context& context, const Caller& caller,
                                          const SyncGroupRequest& request) {
  constexpr std::int16_t names_protocol_since = 5;
  if (caller.version >= names_protocol_since &&
      (!request.protocol_type || !request.protocol_name)) {
    return answer(sync_refusal(ErrorCode::inconsistent_group_protocol));
  }
  if (request.group_id.empty()) return answer(sync_refusal(ErrorCode::invalid_group_id));
  Effects effects;
  if (ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id)) {
    auto response = state_->sync_consumer_group(*of_consumers, context, request, effects);
    note_stranger(response.error_code, "a SyncGroup", request.group_id, request.member_id, caller,
                  effects);
    return answer(std::move(response), std::move(effects));
  }
  ClassicGroup* const group = state_->find(request.group_id);
  if (group == nullptr) return answer(sync_refusal(ErrorCode::unknown_member_id));
  auto reply = group->sync(context, caller, request, effects);
  if (reply) {
    note_stranger(reply->error_code, "a SyncGroup", request.group_id, request.member_id, caller,
                  effects);
  }
  return answer_or_park(std::move(reply), caller.reply_id, std::move(effects));
}

GroupStep<HeartbeatResponse> Groups::heartbeat(const Context& context, const Caller& caller,
                                               const HeartbeatRequest& request) {
  HeartbeatResponse response;
  Effects effects;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::invalid_group_id;
  } else if (ClassicGroup* const group = state_->find(request.group_id)) {
    response.error_code = group->heartbeat(context, request);
    note_stranger(response.error_code, "a heartbeat", request.group_id, request.member_id, caller,
                  effects);
  } else if (ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id)) {
    response.error_code = state_->heartbeat_consumer_group(*of_consumers, context, request);
    note_stranger(response.error_code, "a heartbeat", request.group_id, request.member_id, caller,
                  effects);
  } else {
    response.error_code = ErrorCode::unknown_member_id;
  }
  return answer(response, std::move(effects));
}

GroupStep<LeaveGroupResponse> Groups::leave(const Context& context, const Caller& caller,
                                            const LeaveGroupRequest& request) {
  constexpr std::int16_t batches_since = 3;
  LeaveGroupResponse response;
  if (request.group_id.empty()) {
    response.error_code = ErrorCode::invalid_group_id;
    return answer(std::move(response));
  }
  const std::vector<LeaveGroupRequest::MemberIdentity> one{{.member_id = request.member_id}};
  const auto& members = caller.version < batches_since ? one : request.members;
  Effects effects;
  if (ClassicGroup* const group = state_->find(request.group_id)) {
    response.members = group->leave(context, members, effects);
  } else if (ConsumerGroup* const of_consumers = state_->find_consumer(request.group_id)) {
    Removal removal = find_removed(*of_consumers, members, effects);
    response.members = std::move(removal.responses);
    state_->fence(*of_consumers, removal.members, context, effects);
  } else {
    for (const LeaveGroupRequest::MemberIdentity& member : members) {
      response.members.push_back(
          {member.member_id, member.group_instance_id, ErrorCode::unknown_member_id});
    }
  }
  if (caller.version < batches_since) {
    response.error_code = response.members.front().error_code;
    response.members.clear();
  }
  const Atomicity atomicity = state_->atomicity_of(effects);
  return answer(std::move(response), std::move(effects), atomicity);
}

std::optional<MonoTime> Groups::next_deadline() const {
  return state_->shared.timers.next();
}

GroupStep<Nothing> Groups::tick(const Context& context) {
  Effects effects;
  bool is_sweep_due = false;
  while (const auto due = state_->shared.timers.take_due(context.now)) {
    if (due->kind == GroupTimer::Kind::sweep) {
      is_sweep_due = true;
    } else if (due->consumer_group != nullptr) {
      state_->on_consumer_timer(context, *due, effects);
    } else {
      due->group->on_timer(context, *due, effects);
    }
  }
  if (is_sweep_due) state_->sweep(context, effects);
  // Each group's records stand for themselves.
  return answer(Nothing{}, std::move(effects), Atomicity::may_split);
}

std::size_t Groups::group_count() const {
  return state_->groups.size() + state_->consumer_groups.size();
}
std::size_t Groups::member_metadata_bytes() const {
  std::size_t bytes = state_->shared.metadata_bytes;
  for (const auto& [id, group] : state_->consumer_groups) bytes += group->metadata_bytes();
  return bytes;
}

std::size_t Groups::member_count() const {
  std::size_t count = state_->shared.member_count;
  for (const auto& [id, group] : state_->consumer_groups) count += group->members().size();
  return count;
}
std::size_t Groups::offset_count() const {
  return state_->offsets.size();
}

}  // namespace moldau::coordinator
