#include "coordinator/group/classic_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/endian.h"
#include "protocol/codec.h"
#include "protocol/messages/consumer_protocol.h"

namespace moldau::coordinator {
namespace {

using protocol::ErrorCode;
using protocol::GroupMetadataValue;
using protocol::JoinGroupResponse;
using protocol::SyncGroupResponse;

bool may_follow(GroupState from, GroupState to) {
  switch (to) {
    case GroupState::empty:
    case GroupState::completing_rebalance:
      return from == GroupState::preparing_rebalance;
    case GroupState::preparing_rebalance:
      return from != GroupState::preparing_rebalance;
    case GroupState::stable:
      return from == GroupState::completing_rebalance;
    case GroupState::dead:
      return false;
  }
  return false;
}

}  // namespace

std::string_view name(GroupState state) {
  switch (state) {
    case GroupState::empty:
      return "Empty";
    case GroupState::preparing_rebalance:
      return "PreparingRebalance";
    case GroupState::completing_rebalance:
      return "CompletingRebalance";
    case GroupState::stable:
      return "Stable";
    case GroupState::dead:
      return "Dead";
  }
  return "";
}

const SharedBytes* Member::metadata(std::string_view protocol) const {
  for (const SupportedProtocol& supported : protocols) {
    if (supported.name == protocol) return &supported.metadata;
  }
  return nullptr;
}

ClassicGroup::ClassicGroup(std::string id, Shared& shared, std::optional<WallMs> since)
    : id_(std::move(id)), shared_(shared), state_since_(since) {}

ClassicGroup::~ClassicGroup() {
  shared_.member_count -= members_.size();
  shared_.metadata_bytes -= metadata_bytes_;
}

Result<std::unique_ptr<ClassicGroup>> ClassicGroup::from_value(std::string_view id, Shared& shared,
                                                               const GroupMetadataValue& value) {
  std::optional<WallMs> since;
  if (value.current_state_timestamp != -1) since = WallMs{value.current_state_timestamp};
  auto group = std::make_unique<ClassicGroup>(std::string(id), shared, since);
  group->generation_ = value.generation;
  if (!value.protocol_type.empty()) group->protocol_type_ = value.protocol_type.str();
  if (value.protocol) group->protocol_ = value.protocol->str();
  if (value.leader) group->leader_ = value.leader->str();
  if (!value.members.empty() && (!group->protocol_type_ || !group->protocol_)) {
    return fail(Errc::corrupt, fmt::format("group {:?} has members without a protocol", id));
  }
  for (const GroupMetadataValue::MemberMetadata& from : value.members) {
    auto member = std::make_unique<Member>();
    member->id = from.member_id.str();
    if (from.group_instance_id) member->instance_id = from.group_instance_id->str();
    if (group->find(member->id) != nullptr ||
        (member->is_static() && group->static_members_.contains(*member->instance_id))) {
      return fail(Errc::corrupt, fmt::format("group {:?} names member {:?} twice", id, member->id));
    }
    member->client_id = from.client_id.str();
    member->client_host = from.client_host.str();
    member->session_timeout_ms = from.session_timeout;
    member->rebalance_timeout_ms =
        from.rebalance_timeout == -1 ? from.session_timeout : from.rebalance_timeout;
    member->protocols.push_back({*group->protocol_, SharedBytes::copy(from.subscription.bytes())});
    member->assignment = SharedBytes::copy(from.assignment.bytes());
    group->insert_member(std::move(member));
  }
  if (group->leader_ && group->find(*group->leader_) == nullptr) {
    group->leader_.reset();
    if (!group->members_.empty()) group->leader_ = group->members_.begin()->second->id;
  }
  if (!group->members_.empty()) group->state_ = GroupState::stable;
  group->subscribed_topics_ = group->read_subscriptions();
  return group;
}

void ClassicGroup::on_loaded(const Context& context) {
  for (const auto& [id, member] : members_) set_session(*member, context.now);
  if (members_.size() <= static_cast<std::size_t>(shared_.config.group_max_size)) return;
  // Nobody has joined yet, so that nothing is answered or written: only the state changes.
  Effects effects;
  prepare_rebalance(context, {GroupEvent::Kind::turned_away, "more members than group.max.size"},
                    effects);
}

Member* ClassicGroup::find(std::string_view member_id) {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : found->second.get();
}

const std::string* ClassicGroup::static_member_id(std::string_view instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

ErrorCode ClassicGroup::validate_member(std::string_view member_id,
                                        const std::optional<Text>& instance_id) const {
  if (instance_id) {
    const std::string* known = static_member_id(*instance_id);
    if (known == nullptr) return ErrorCode::unknown_member_id;
    if (*known != member_id) return ErrorCode::fenced_instance_id;
  }
  return members_.contains(member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
}

Member& ClassicGroup::insert_member(std::unique_ptr<Member> member) {
  if (member->is_static()) static_members_.emplace(*member->instance_id, member->id);
  if (!leader_) leader_ = member->id;
  count_protocols(*member, 1);
  ++shared_.member_count;
  const std::string_view key = member->id;
  return *members_.emplace(key, std::move(member)).first->second;
}

void ClassicGroup::remove_member(Member& member, Effects& effects) {
  JoinGroupResponse refusal;
  refusal.error_code = ErrorCode::unknown_member_id;
  release_join(member, std::move(refusal), effects);
  SyncGroupResponse sync_refusal;
  sync_refusal.error_code = ErrorCode::unknown_member_id;
  release_sync(member, std::move(sync_refusal), effects);

  if (member.is_static()) static_members_.erase(*member.instance_id);
  if (member.owes_sync) --owing_count_;
  count_protocols(member, -1);
  --shared_.member_count;
  const bool was_leader = is_leader(member);
  members_.erase(member.id);
  if (!was_leader) return;
  leader_.reset();
  if (!members_.empty()) leader_ = members_.begin()->second->id;
}

void ClassicGroup::count_protocols(const Member& member, int difference) {
  for (const SupportedProtocol& protocol : member.protocols) {
    const std::size_t bytes = static_cast<std::size_t>(difference) * protocol.metadata.size();
    metadata_bytes_ += bytes;
    shared_.metadata_bytes += bytes;
    auto& count = protocol_counts_[protocol.name];
    count += static_cast<std::size_t>(difference);
    if (count == 0) protocol_counts_.erase(protocol.name);
  }
}

bool ClassicGroup::all_support(std::string_view protocol) const {
  const auto found = protocol_counts_.find(protocol);
  return (found == protocol_counts_.end() ? 0 : found->second) == members_.size();
}

/// Each member votes for the first of its protocols that all support; the first in order of names
/// wins a tie.
std::string ClassicGroup::select_protocol() const {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    const auto vote = std::ranges::find_if(
        member->protocols,
        [this](const SupportedProtocol& protocol) { return all_support(protocol.name); });
    CHECK(vote != member->protocols.end(), "group {:?}: no protocol that all support", id_);
    ++votes[vote->name];
  }
  const auto most = std::ranges::max_element(
      votes, {}, [](const auto& protocol_and_votes) { return protocol_and_votes.second; });
  return std::string(most->first);
}

std::int32_t ClassicGroup::rebalance_timeout_ms() const {
  std::int32_t result = 0;
  for (const auto& [id, member] : members_) result = std::max(result, member->rebalance_timeout_ms);
  return result;
}

/// Reads the oldest version, which every later one begins with: some clients say a newer version
/// than they write.
std::optional<std::set<std::string, std::less<>>> ClassicGroup::read_subscriptions() const {
  if (!is_consumer_group()) return std::nullopt;
  std::set<std::string, std::less<>> topics;
  for (const auto& [id, member] : members_) {
    const SharedBytes& metadata = *member->metadata(*protocol_);
    constexpr std::size_t prefix_size = sizeof(std::int16_t);
    if (metadata.size() < prefix_size || load_be<std::int16_t>(metadata.data()) < 0) {
      return std::nullopt;
    }
    const auto subscription =
        protocol::decode<protocol::ConsumerProtocolSubscription>(metadata, 0, prefix_size);
    if (!subscription) return std::nullopt;
    for (const Text& topic : subscription->message.topics) topics.emplace(topic.view());
  }
  return topics;
}

bool ClassicGroup::is_subscribed_to(std::string_view topic) const {
  return subscribed_topics_ ? subscribed_topics_->contains(topic) : is_consumer_group();
}

/// An answer that the member waited for before goes out now: its connection is gone, most likely.
void ClassicGroup::park_join(Member& member, Member::ParkedJoin join, Effects& effects) {
  JoinGroupResponse stale;
  stale.error_code = ErrorCode::rebalance_in_progress;
  stale.member_id = Text::copy(member.id);
  release_join(member, std::move(stale), effects);
  member.join = join;
  ++joined_count_;
}

void ClassicGroup::park_sync(Member& member, ReplyId id, Effects& effects) {
  SyncGroupResponse stale;
  stale.error_code = ErrorCode::rebalance_in_progress;
  release_sync(member, std::move(stale), effects);
  member.sync = id;
}

void ClassicGroup::release_join(Member& member, JoinGroupResponse response, Effects& effects) {
  if (!member.join) return;
  // An empty name is null where the version has a null.
  if (response.protocol_name && response.protocol_name->empty() && member.join->version >= 7) {
    response.protocol_name.reset();
  }
  effects.released.push_back({member.join->id, std::move(response)});
  member.join.reset();
  --joined_count_;
}

bool ClassicGroup::release_sync(Member& member, SyncGroupResponse response, Effects& effects) {
  if (!member.sync) return false;
  effects.released.push_back({*member.sync, std::move(response)});
  member.sync.reset();
  return true;
}

void ClassicGroup::release_all(Effects& effects) {
  for (const auto& [id, member] : members_) {
    JoinGroupResponse refusal;
    refusal.error_code = ErrorCode::rebalance_in_progress;
    refusal.member_id = Text::copy(member->id);
    release_join(*member, std::move(refusal), effects);
    SyncGroupResponse sync_refusal;
    sync_refusal.error_code = ErrorCode::rebalance_in_progress;
    release_sync(*member, std::move(sync_refusal), effects);
  }
}

std::vector<const Member*> ClassicGroup::members() const {
  std::vector<const Member*> result;
  for (const auto& [id, member] : members_) result.push_back(member.get());
  return result;
}

void ClassicGroup::set_session(Member& member, MonoTime now, std::int64_t timeout_ms) {
  shared_.timers.set(member.session, now + milliseconds(timeout_ms),
                     {GroupTimer::Kind::session, this, member.id});
}

void ClassicGroup::transition_to(GroupState state, WallMs wall) {
  CHECK(may_follow(state_, state), "group {:?}: {} after {}", id_, name(state), name(state_));
  previous_state_ = state_;
  state_ = state;
  state_since_ = wall;
}

void ClassicGroup::happened(GroupEvent::Kind kind, const Member* member, std::string text,
                            Effects& effects) const {
  GroupEvent& event = effects.events.emplace_back();
  event.kind = kind;
  event.group = id_;
  event.text = std::move(text);
  if (member == nullptr) return;
  event.member = member->id;
  event.client = client_text(member->client_id, member->client_host);
}

GroupMetadataValue ClassicGroup::value() const {
  GroupMetadataValue value;
  if (protocol_type_) value.protocol_type = Text::view(*protocol_type_);
  value.generation = generation_;
  value.protocol.reset();
  if (protocol_) value.protocol = Text::view(*protocol_);
  value.leader.reset();
  if (leader_) value.leader = Text::view(*leader_);
  if (state_since_) value.current_state_timestamp = state_since_->value;
  for (const auto& [id, member] : members_) {
    auto& to = value.members.emplace_back();
    to.member_id = Text::view(member->id);
    if (member->is_static()) to.group_instance_id = Text::view(*member->instance_id);
    to.client_id = Text::view(member->client_id);
    to.client_host = Text::view(member->client_host);
    to.rebalance_timeout = member->rebalance_timeout_ms;
    to.session_timeout = member->session_timeout_ms;
    to.subscription = *member->metadata(*protocol_);
    to.assignment = member->assignment;
  }
  return value;
}

protocol::DescribeGroupsResponse::DescribedGroup ClassicGroup::describe() const {
  protocol::DescribeGroupsResponse::DescribedGroup result;
  result.group_id = Text::copy(id_);
  result.group_state = Text::view(name(state_));
  if (protocol_type_) result.protocol_type = Text::copy(*protocol_type_);
  const bool is_stable = state_ == GroupState::stable;
  if (is_stable) result.protocol_data = Text::copy(*protocol_);
  for (const auto& [id, member] : members_) {
    auto& to = result.members.emplace_back();
    to.member_id = Text::copy(member->id);
    if (member->is_static()) to.group_instance_id = Text::copy(*member->instance_id);
    to.client_id = Text::copy(member->client_id);
    to.client_host = Text::copy(member->client_host);
    if (is_stable) to.member_metadata = *member->metadata(*protocol_);
    to.member_assignment = member->assignment;
  }
  return result;
}

}  // namespace moldau::coordinator
