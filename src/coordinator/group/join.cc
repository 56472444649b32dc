// JoinGroup: KIP-62 (rebalance timeout), KIP-134 (initial delay), KIP-345 (static members), KIP-389
// (group.max.size), KIP-394 (member ids first), KIP-814 (a static leader skips the assignment).

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/uuid.h"
#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/replies.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

constexpr std::int16_t member_id_required_since = 4;
constexpr std::int16_t skips_assignment_since = 9;
/// Of protocols, in the text of an event.
constexpr std::size_t name_bytes_shown = 40;

/// "consumer-1-6e5d0a36-...": the id as Java prints a UUID.
std::string new_member_id(std::string_view prefix, const Uuid& uuid) {
  return fmt::format("{}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                     prefix.substr(0, member_id_prefix_bytes_max), uuid.most() >> 32,
                     uuid.most() >> 16 & 0xffff, uuid.most() & 0xffff, uuid.least() >> 48,
                     uuid.least() & 0xffff'ffff'ffff);
}

/// Of two with one name the first counts, as in Kafka.
std::vector<const JoinGroupRequest::JoinGroupRequestProtocol*> distinct(
    const JoinGroupRequest& request) {
  std::vector<const JoinGroupRequest::JoinGroupRequestProtocol*> result;
  std::set<std::string_view> names;
  for (const JoinGroupRequest::JoinGroupRequestProtocol& protocol : request.protocols) {
    if (names.insert(protocol.name).second) result.push_back(&protocol);
  }
  return result;
}

/// Copies, once, what the frame would otherwise be kept alive for.
std::vector<SupportedProtocol> copy_protocols(const JoinGroupRequest& request) {
  std::vector<SupportedProtocol> result;
  for (const auto* protocol : distinct(request)) {
    result.push_back({protocol->name.str(), SharedBytes::copy(protocol->metadata.bytes())});
  }
  return result;
}

bool matches(const Member& member, const JoinGroupRequest& request) {
  return std::ranges::equal(member.protocols, distinct(request),
                            [](const SupportedProtocol& a, const auto* b) {
                              return a.name == b->name.view() && a.metadata == b->metadata;
                            });
}

std::int32_t rebalance_timeout_of(const JoinGroupRequest& request, std::int16_t version) {
  return version == 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
}

std::string because(std::string_view member_id, std::string_view what,
                    const JoinGroupRequest& request) {
  return fmt::format("member {:?} {}{}", member_id, what, reason_suffix(request.reason));
}

}  // namespace

std::optional<JoinGroupResponse> ClassicGroup::join(const Context& context, const Caller& caller,
                                                    const JoinGroupRequest& request,
                                                    Effects& effects) {
  if (!has_room_for(caller, request, effects)) {
    return join_refusal(ErrorCode::group_max_size_reached, request.member_id, caller.version);
  }
  if (!accepts(request.member_id)) {
    pending_.erase(request.member_id.str());
    if (Member* const member = find(request.member_id)) remove_member(*member, effects);
    maybe_complete_join_phase(context, effects);
    turn_away(caller, fmt::format("group.max.size is {}", shared_.config.group_max_size), effects);
    return join_refusal(ErrorCode::group_max_size_reached, "", caller.version);
  }
  if (!supports(request)) {
    refuse_protocols(caller, request, effects);
    return join_refusal(ErrorCode::inconsistent_group_protocol, request.member_id, caller.version);
  }
  return request.member_id.empty() ? join_new(context, caller, request, effects)
                                   : join_again(context, caller, request, effects);
}

/// group.max.size. While members join it counts those that have, so that the last ones to come are
/// turned away where a group is over a limit that was lowered.
bool ClassicGroup::accepts(std::string_view member_id) const {
  const auto limit = static_cast<std::size_t>(shared_.config.group_max_size);
  const auto found = members_.find(member_id);
  switch (state_) {
    case GroupState::preparing_rebalance:
      return (found != members_.end() && found->second->join) || joined_count_ < limit;
    case GroupState::completing_rebalance:
    case GroupState::stable:
      return found != members_.end() || members_.size() < limit;
    case GroupState::empty:
    case GroupState::dead:
      return true;
  }
  return true;
}

/// Kafka knows no such limits; who is over the group's asks for more than any group can store.
bool ClassicGroup::has_room_for(const Caller& caller, const JoinGroupRequest& request,
                                Effects& effects) const {
  std::size_t bytes = metadata_bytes_;
  for (const auto* protocol : distinct(request)) bytes += protocol->metadata.size();
  // A static member that comes back has no id yet, and takes the place of the one it was.
  std::string_view id = request.member_id;
  if (const auto& instance = request.group_instance_id; id.empty() && instance) {
    if (const std::string* known = static_member_id(*instance)) id = *known;
  }
  if (const auto found = members_.find(id); found != members_.end()) {
    for (const auto& protocol : found->second->protocols) bytes -= protocol.metadata.size();
  }
  const std::size_t limit = shared_.config.member_metadata_bytes_max;
  const bool fits_in_all =
      bytes <= metadata_bytes_ || bytes - metadata_bytes_ <= caller.metadata_room;
  if (bytes <= limit && fits_in_all) return true;
  turn_away(caller,
            bytes > limit ? fmt::format("with its metadata there were {} bytes of it, more than {}",
                                        bytes, limit)
                          : fmt::format("its metadata is {} bytes more, and all groups together "
                                        "have room for {}",
                                        bytes - metadata_bytes_, caller.metadata_room),
            effects);
  return false;
}

void ClassicGroup::turn_away(const Caller& caller, std::string_view why, Effects& effects) const {
  std::string text = fmt::format("a member is turned away: {}", why);
  effects.notes.push_back(fmt::format("group {:?}: {}", id_, text));
  happened(GroupEvent::Kind::turned_away, nullptr, std::move(text), effects);
  effects.events.back().client = client_text(caller.client_id, caller.client_host);
}

/// Kafka's answer says no more than that they do not fit.
void ClassicGroup::refuse_protocols(const Caller& caller, const JoinGroupRequest& request,
                                    Effects& effects) const {
  constexpr std::size_t names_max = 5;
  std::string names;
  for (const auto* protocol : distinct(request)) {
    if (names.size() > names_max * name_bytes_shown) break;
    names += fmt::format("{}{:?}", names.empty() ? "" : ", ",
                         protocol->name.view().substr(0, name_bytes_shown));
  }
  std::string needed;
  for (const auto& [name, count] : protocol_counts_) {
    if (count != members_.size() || needed.size() > names_max * name_bytes_shown) continue;
    needed += fmt::format("{}{:?}", needed.empty() ? "" : ", ",
                          std::string_view(name).substr(0, name_bytes_shown));
  }
  happened(GroupEvent::Kind::turned_away, nullptr,
           fmt::format("a member is turned away: it offers {:?} with [{}], the members all support "
                       "{:?} with [{}]",
                       request.protocol_type.view().substr(0, name_bytes_shown), names,
                       protocol_type_.value_or("").substr(0, name_bytes_shown), needed),
           effects);
  effects.events.back().client = client_text(caller.client_id, caller.client_host);
}

bool ClassicGroup::supports(const JoinGroupRequest& request) const {
  if (state_ == GroupState::empty) return names_a_protocol(request);
  return protocol_type_ == request.protocol_type.view() &&
         std::ranges::any_of(request.protocols,
                             [this](const auto& protocol) { return all_support(protocol.name); });
}

std::optional<JoinGroupResponse> ClassicGroup::join_new(const Context& context,
                                                        const Caller& caller,
                                                        const JoinGroupRequest& request,
                                                        Effects& effects) {
  const auto& instance_id = request.group_instance_id;
  std::string member_id =
      new_member_id(instance_id ? instance_id->view() : caller.client_id, context.fresh_uuid());
  if (instance_id) {
    if (const std::string* known = static_member_id(*instance_id)) {
      return replace_static_member(context, caller, request, *find(*known), std::move(member_id),
                                   effects);
    }
  } else if (caller.version >= member_id_required_since) {
    add_pending_member(context, member_id, request.session_timeout_ms, effects);
    return join_refusal(ErrorCode::member_id_required, member_id, caller.version);
  }
  add_member(context, caller, request, std::move(member_id), effects);
  return std::nullopt;
}

std::optional<JoinGroupResponse> ClassicGroup::join_again(const Context& context,
                                                          const Caller& caller,
                                                          const JoinGroupRequest& request,
                                                          Effects& effects) {
  const std::string_view member_id = request.member_id;
  if (pending_.contains(member_id)) {
    // A static member is not told an id first; who says so is confused.
    if (request.group_instance_id) {
      return join_refusal(ErrorCode::unknown_server_error, member_id, caller.version);
    }
    add_member(context, caller, request, std::string(member_id), effects);
    return std::nullopt;
  }
  const ErrorCode error = validate_member(member_id, request.group_instance_id);
  if (error != ErrorCode::none) return join_refusal(error, member_id, caller.version);

  Member& member = *find(member_id);
  // The leader joins again for reasons of its own: its topics have changed, for example. Others
  // that want nothing new have missed the answer, or a rebalance has not concerned them.
  const bool wants_rebalance = state_ == GroupState::preparing_rebalance ||
                               (state_ == GroupState::stable && is_leader(member)) ||
                               !matches(member, request);
  if (!wants_rebalance) return joined(member, caller.version);
  update_member(member, caller, request);
  park_join(member, {caller.reply_id, caller.version}, effects);
  rebalance_or_complete(
      context, {GroupEvent::Kind::rejoined, because(member_id, "joins again", request)}, effects);
  return std::nullopt;
}

void ClassicGroup::add_pending_member(const Context& context, const std::string& member_id,
                                      std::int32_t session_timeout_ms, Effects& effects) {
  if (pending_.size() >= pending_members_max) {
    const auto oldest = std::ranges::min_element(
        pending_, {}, [](const auto& pending) { return pending.second.deadline(); });
    effects.notes.push_back(fmt::format("group {:?}: over {} ids given out, {:?} is forgotten", id_,
                                        pending_members_max, oldest->first));
    pending_.erase(oldest);
  }
  const auto pending = pending_.try_emplace(member_id).first;
  shared_.timers.set(pending->second, context.now + milliseconds(session_timeout_ms),
                     {GroupTimer::Kind::pending_member, this, pending->first});
}

void ClassicGroup::add_member(const Context& context, const Caller& caller,
                              const JoinGroupRequest& request, std::string member_id,
                              Effects& effects) {
  if (is_initial_rebalance()) has_newcomers_ = true;
  pending_.erase(member_id);
  if (members_.empty()) protocol_type_ = request.protocol_type.str();
  auto member = std::make_unique<Member>();
  member->id = std::move(member_id);
  if (request.group_instance_id) member->instance_id = request.group_instance_id->str();
  member->client_id = caller.client_id;
  member->client_host = caller.client_host;
  member->rebalance_timeout_ms = rebalance_timeout_of(request, caller.version);
  member->session_timeout_ms = request.session_timeout_ms;
  member->protocols = copy_protocols(request);
  member->is_new = true;
  Member& added = insert_member(std::move(member));
  park_join(added, {caller.reply_id, caller.version}, effects);
  set_session(added, context.now, new_member_join_timeout_ms);
  const std::string reason = because(added.id, "joins", request);
  happened(GroupEvent::Kind::joined, &added, reason, effects);
  rebalance_or_complete(context, {GroupEvent::Kind::joined, reason}, effects);
}

void ClassicGroup::update_member(Member& member, const Caller& caller,
                                 const JoinGroupRequest& request) {
  count_protocols(member, -1);
  member.protocols = copy_protocols(request);
  count_protocols(member, 1);
  member.rebalance_timeout_ms = rebalance_timeout_of(request, caller.version);
  member.session_timeout_ms = request.session_timeout_ms;
}

/// A static member came back without its id. In a stable group whose protocol stays as it is nobody
/// else is troubled: the new id gets the old assignment.
std::optional<JoinGroupResponse> ClassicGroup::replace_static_member(
    const Context& context, const Caller& caller, const JoinGroupRequest& request, Member& member,
    std::string member_id, Effects& effects) {
  const std::string old_leader = *leader_;
  happened(GroupEvent::Kind::static_replaced, &member,
           fmt::format("static member {:?} is {:?} at {} now, no longer {:?}", *member.instance_id,
                       member_id, client_text(caller.client_id, caller.client_host), member.id),
           effects);
  rename_static_member(member, std::move(member_id), effects);
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  update_member(member, caller, request);
  set_session(member, context.now);

  if (state_ == GroupState::stable && select_protocol() == protocol_) {
    Record record = group_record(id_, value());
    if (record.size() <= shared_.config.step_bytes_max) {
      effects.records.push_back(std::move(record));
      effects.notes.push_back(fmt::format("group {:?}: static member {:?} is back as {:?}", id_,
                                          *member.instance_id, member.id));
      subscribed_topics_ = read_subscriptions();
      JoinGroupResponse response = joined(member, caller.version);
      response.skip_assignment = caller.version >= skips_assignment_since && is_leader(member);
      if (caller.version < skips_assignment_since) {
        // Not told that it leads, it makes no assignment that nobody would be given.
        response.leader = Text::copy(old_leader);
        response.members.clear();
      }
      return response;
    }
  }
  park_join(member, {caller.reply_id, caller.version}, effects);
  if (state_ == GroupState::preparing_rebalance) {
    maybe_complete_join_phase(context, effects);
  } else {
    prepare_rebalance(context,
                      {GroupEvent::Kind::static_replaced,
                       because(member.id, "replaces a static member", request)},
                      effects);
  }
  return std::nullopt;
}

/// Whoever still waits under the old id is fenced.
void ClassicGroup::rename_static_member(Member& member, std::string member_id, Effects& effects) {
  JoinGroupResponse fenced;
  fenced.error_code = ErrorCode::fenced_instance_id;
  fenced.member_id = Text::copy(member.id);
  release_join(member, std::move(fenced), effects);
  protocol::SyncGroupResponse sync_fenced;
  sync_fenced.error_code = ErrorCode::fenced_instance_id;
  release_sync(member, std::move(sync_fenced), effects);

  if (is_leader(member)) leader_ = member_id;
  static_members_[*member.instance_id] = member_id;
  member.session.cancel();
  auto node = members_.extract(member.id);
  member.id = std::move(member_id);
  member.is_new = false;
  node.key() = member.id;
  members_.insert(std::move(node));
}

/// The generation as it is, for this member.
JoinGroupResponse ClassicGroup::joined(const Member& member, std::int16_t version) const {
  JoinGroupResponse response;
  response.generation_id = generation_;
  response.protocol_type = Text::copy(*protocol_type_);
  response.protocol_name = Text::copy(*protocol_);
  if (protocol_->empty() && version >= 7) response.protocol_name.reset();
  response.leader = Text::copy(*leader_);
  response.member_id = Text::copy(member.id);
  if (!is_leader(member)) return response;
  for (const auto& [id, other] : members_) {
    auto& to = response.members.emplace_back();
    to.member_id = Text::copy(other->id);
    if (other->is_static()) to.group_instance_id = Text::copy(*other->instance_id);
    to.metadata = *other->metadata(*protocol_);
  }
  return response;
}

}  // namespace moldau::coordinator
