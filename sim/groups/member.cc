#include "sim/groups/member.h"

#include <algorithm>
#include <set>

#include "protocol/messages/consumer_protocol.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"

namespace moldau::sim {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;
using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

namespace {
constexpr Duration backoff = milliseconds(30);
constexpr Duration rest = milliseconds(50);
/// A join waits for the others; the rest of a rebalance timeout and then some.
constexpr Duration beyond_rebalance = std::chrono::seconds(4);
constexpr std::int16_t static_join_since = 5;
constexpr std::int16_t id_required_since = 4;
constexpr std::int64_t step_max = 20;  // between two commits
constexpr std::size_t before_max = 3;
constexpr int busy_turns = 60;  // then it slows down
constexpr std::int64_t think_ms_max = 40;
constexpr std::int64_t slow_think_ms_max = 200;
constexpr std::string_view protocol_type = "consumer";
constexpr std::string_view protocol_name = "wheel";

/// The consumer protocol's data begin with their version.
template <class T>
SharedBytes with_version(const T& data) {
  constexpr std::int16_t version = 0;
  protocol::Writer out;
  out.put(version);
  const auto encoded = protocol::encode(data, version, out);
  CHECK(encoded.has_value(), "{}", encoded.error().to_string());
  return out.take();
}

SharedBytes bytes_of(const AssignedPartitions& partitions, int assignment) {
  ConsumerProtocolAssignment data;
  for (const auto& [topic, number] : partitions) {
    auto& all = data.assigned_partitions;
    if (all.empty() || all.back().topic.view() != topic) {
      all.emplace_back().topic = Text::copy(topic);
    }
    all.back().partitions.emplace_back(number);
  }
  const std::string text = fmt::format("{}", assignment);
  data.user_data = SharedBytes::copy(as_bytes(text));
  return with_version(data);
}
}  // namespace

GroupMember::GroupMember(Bench& bench, int actor, int group, int number, const MemberPlan& plan)
    : bench_(bench),
      group_(group),
      plan_(plan),
      prng_(Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor))),
      client_(bench, actor, plan.rebalance_timeout + beyond_rebalance) {
  if (plan.is_static) as_.instance_id = fmt::format("instance-{}", number);
}

env::Task<> GroupMember::run() {
  while (true) {
    resting_ = !bench_.consuming;
    const auto done = resting_ ? co_await bench_.pause(rest) : co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

env::Task<Result<>> GroupMember::turn() {
  CO_TRY(co_await client_.find(group_, prng_));
  switch (phase_) {
    case Phase::outside:
      co_return co_await join();
    case Phase::joined:
      if (client_.wants_to_go(prng_)) co_return co_await dawdle();
      co_return co_await sync();
    case Phase::assigned:
      co_return co_await look();
    case Phase::at_work:
      break;
  }
  co_return co_await work();
}

// --- Joining ------------------------------------------------------------------------------------

std::vector<std::string> GroupMember::wanted_topics() const {
  std::set<std::string> names;
  const Catalog& catalog = bench_.history.catalog();
  for (const PartitionRef where : catalog.safe_partitions()) {
    names.insert(catalog.at(where.topic).name);
  }
  return {names.begin(), names.end()};
}

JoinGroupRequest GroupMember::make_join() {
  topics_ = wanted_topics();
  ConsumerProtocolSubscription subscription;
  for (const auto& topic : topics_) subscription.topics.push_back(Text::copy(topic));
  JoinGroupRequest request;
  request.group_id = Text::copy(group_name(group_));
  request.session_timeout_ms = static_cast<std::int32_t>(to_ms(plan_.session_timeout));
  request.rebalance_timeout_ms = static_cast<std::int32_t>(to_ms(plan_.rebalance_timeout));
  request.member_id = Text::copy(as_.member_id);
  if (is_static()) request.group_instance_id = Text::copy(as_.instance_id);
  request.protocol_type = Text::view(protocol_type);
  request.protocols.push_back({Text::view(protocol_name), with_version(subscription)});
  return request;
}

env::Task<Result<>> GroupMember::join() {
  const auto version =
      std::max(plan_.join_version, is_static() ? static_join_since : std::int16_t{0});
  if (client_.wants_to_go(prng_)) co_return co_await client_.send_and_go(make_join(), version);
  const MonoTime asked_at = bench_.now();
  const auto answer =
      CO_TRY(co_await client_.connection().call<JoinGroupResponse>(make_join(), version));
  const bool was_unnamed = as_.member_id.empty();
  if (answer->error_code == ErrorCode::member_id_required) {
    as_.member_id = answer->member_id.str();
    if (!was_unnamed || as_.member_id.empty() || version < id_required_since || is_static()) {
      bench_.history.add(AnswerImpossible{bench_.now(), "JoinGroup: MEMBER_ID_REQUIRED"});
    }
    co_return Result<>();
  }
  if (answer->error_code != ErrorCode::none) {
    expelled(asked_at, "JoinGroup", answer->error_code);
    co_return co_await bench_.pause(backoff);
  }
  as_.member_id = answer->member_id.str();
  as_.generation = answer->generation_id;
  leads_ = answer->leader == answer->member_id;
  skips_assignment_ = answer->skip_assignment;
  members_.clear();
  for (const auto& member : answer->members) members_.push_back(member.member_id.str());
  const bool is_listed = std::ranges::find(members_, as_.member_id) != members_.end();
  const bool is_sound = as_.generation > 0 && leads_ == is_listed && leads_ != members_.empty() &&
                        answer->protocol_name.value_or("").view() == protocol_name &&
                        (!was_unnamed || version < id_required_since || is_static());
  if (!is_sound) bench_.history.add(AnswerImpossible{bench_.now(), "JoinGroup's answer"});
  bench_.history.add(GroupJoined{bench_.now(), asked_at, group_, as_, leads_});
  phase_ = Phase::joined;
  co_return Result<>();
}

/// Lets the others wait for it, and commits what it does not own yet.
env::Task<Result<>> GroupMember::dawdle() {
  CO_TRY(co_await bench_.pause(
      milliseconds(prng_.between(0, to_ms(plan_.rebalance_timeout) * 3 / 2))));
  const auto all = bench_.history.catalog().safe_partitions();
  if (all.empty()) co_return Result<>();
  CO_TRY(co_await client_.commit(group_, as_, {{all.front(), Offset(0)}}, prng_));
  co_return co_await sync();
}

AssignmentSent GroupMember::assign() {
  const Catalog& catalog = bench_.history.catalog();
  divided_ = catalog.safe_partitions();
  AssignmentSent sent{.at = bench_.now(),
                      .group = group_,
                      .generation = as_.generation,
                      .assignment = bench_.history.next_commit(),
                      .to = {}};
  for (const std::string& id : members_) sent.to[id];
  std::size_t turn = prng_.below(members_.size());
  for (const PartitionRef where : divided_) {
    const TopicKnowledge& topic = catalog.at(where.topic);
    sent.to[members_[turn++ % members_.size()]].emplace_back(topic.name, where.partition);
  }
  return sent;
}

env::Task<Result<>> GroupMember::sync() {
  protocol::SyncGroupRequest request;
  request.group_id = Text::copy(group_name(group_));
  request.generation_id = as_.generation;
  request.member_id = Text::copy(as_.member_id);
  const auto version =
      static_cast<std::int16_t>(is_static() ? prng_.between(3, 5) : prng_.between(0, 5));
  if (is_static()) request.group_instance_id = Text::copy(as_.instance_id);
  if (version >= 5) {
    request.protocol_type = Text::view(protocol_type);
    request.protocol_name = Text::view(protocol_name);
  }
  if (leads_ && !skips_assignment_) {
    const AssignmentSent sent = assign();
    for (const auto& [id, partitions] : sent.to) {
      request.assignments.push_back({Text::copy(id), bytes_of(partitions, sent.assignment)});
    }
    bench_.history.add(sent);
  }
  const MonoTime sent_at = bench_.now();
  const auto answer = CO_TRY(
      co_await client_.connection().call<protocol::SyncGroupResponse>(std::move(request), version));
  if (answer->error_code != ErrorCode::none) {
    expelled(sent_at, "SyncGroup", answer->error_code);
    co_return co_await bench_.pause(backoff);
  }
  take_assignment(answer->assignment);
  phase_ = Phase::assigned;
  co_return Result<>();
}

void GroupMember::take_assignment(const SharedBytes& bytes) {
  assignment_.clear();
  positions_.clear();
  AssignmentTold told{
      .at = bench_.now(), .group = group_, .as = as_, .assignment = 0, .partitions = {}};
  const auto data = protocol::decode<ConsumerProtocolAssignment>(bytes, 0, sizeof(std::int16_t));
  if (data && (*data)->user_data) {
    const Bytes number = (*data)->user_data->bytes();
    const std::string text(number.begin(), number.end());
    told.assignment = std::atoi(text.c_str());
    for (const auto& topic : (*data)->assigned_partitions) {
      for (const auto& partition : topic.partitions) {
        told.partitions.emplace_back(topic.topic.str(), partition.value());
      }
    }
  }
  assignment_ = told.partitions;
  bench_.history.add(std::move(told));
}

/// Those of its partitions whose topics nobody has begun to delete.
std::vector<PartitionRef> GroupMember::owned() const {
  std::vector<PartitionRef> mine;
  const Catalog& catalog = bench_.history.catalog();
  for (const PartitionRef where : catalog.safe_partitions()) {
    const std::pair<std::string, int> named{catalog.at(where.topic).name, where.partition};
    if (std::ranges::find(assignment_, named) != assignment_.end()) mine.push_back(where);
  }
  return mine;
}

/// Where to go on, before anything is committed.
env::Task<Result<>> GroupMember::look() {
  const auto mine = owned();
  if (!mine.empty()) positions_ = CO_TRY(co_await client_.fetch(group_, mine, prng_));
  phase_ = Phase::at_work;
  co_return Result<>();
}

// --- Being a member -----------------------------------------------------------------------------

env::Task<Result<>> GroupMember::work() {
  ++turns_;
  const std::int64_t think = turns_ < busy_turns ? think_ms_max : slow_think_ms_max;
  CO_TRY(co_await bench_.pause(milliseconds(prng_.between(1, think))));
  if (!bench_.consuming) co_return Result<>();
  if (!bench_.steady && prng_.chance(plan_.mischief_per_million)) co_return co_await misbehave();
  if (!before_.empty() && prng_.chance(plan_.ghosts_per_million)) {
    co_return co_await commit_as_before();
  }
  if (leads_ && divided_ != bench_.history.catalog().safe_partitions() && !skips_assignment_) {
    rejoin();
    co_return Result<>();
  }
  if (bench_.now() >= heartbeat_due_) co_return co_await heartbeat();
  const auto mine = owned();
  if (mine.empty() || prng_.chance(300'000)) co_return Result<>();
  if (prng_.chance(200'000)) {
    CO_TRY(co_await client_.fetch(group_, mine, prng_));
    co_return Result<>();
  }
  co_return co_await commit();
}

env::Task<Result<>> GroupMember::commit() {
  GroupClient::Positions positions;
  for (const PartitionRef where : owned()) {
    if (!positions.empty() && prng_.chance(500'000)) continue;
    Offset& position = positions_.try_emplace(where, no_offset).first->second;
    position = std::max(position, Offset(0)) + prng_.between(0, step_max);
    positions.emplace_back(where, position);
  }
  const MonoTime sent_at = bench_.now();
  const ErrorCode error = CO_TRY(co_await client_.commit(group_, as_, std::move(positions), prng_));
  if (error == ErrorCode::none) {
    prove(sent_at);
    proof_.has_committed = true;
  } else if (is_of_membership(error)) {
    expelled(sent_at, "OffsetCommit", error);
  }
  co_return Result<>();
}

/// What somebody sends who does not know yet that he is a member no more.
env::Task<Result<>> GroupMember::commit_as_before() {
  const auto all = bench_.history.catalog().safe_partitions();
  if (all.empty()) co_return Result<>();
  const PartitionRef where = all[prng_.below(all.size())];
  const GroupIdentity as = before_[prng_.below(before_.size())];
  CO_TRY(co_await client_.commit(group_, as, {{where, Offset(prng_.between(0, 1'000))}}, prng_));
  co_return Result<>();
}

env::Task<Result<>> GroupMember::heartbeat() {
  protocol::HeartbeatRequest request;
  request.group_id = Text::copy(group_name(group_));
  request.generation_id = as_.generation;
  request.member_id = Text::copy(as_.member_id);
  const auto version =
      static_cast<std::int16_t>(is_static() ? prng_.between(3, 4) : prng_.between(0, 4));
  if (is_static()) request.group_instance_id = Text::copy(as_.instance_id);
  const MonoTime sent_at = bench_.now();
  const auto answer = CO_TRY(
      co_await client_.connection().call<protocol::HeartbeatResponse>(std::move(request), version));
  heartbeat_due_ = bench_.now() + plan_.heartbeat_every;
  if (answer->error_code == ErrorCode::none) {
    prove(sent_at);
    if (owned().empty()) proof_.has_committed = true;
  } else {
    expelled(sent_at, "Heartbeat", answer->error_code);
  }
  co_return Result<>();
}

void GroupMember::prove(MonoTime sent_at) {
  if (proof_.generation != as_.generation || proof_.sent_at < bench_.steady_since) {
    proof_.has_committed = false;
  }
  proof_.sent_at = sent_at;
  proof_.generation = as_.generation;
}

void GroupMember::expelled(MonoTime sent_at, std::string_view what, ErrorCode error) {
  if (error == ErrorCode::rebalance_in_progress) return rejoin();
  if (is_of_membership(error)) return forget_membership();
  client_.failed(sent_at, what, error);
}

/// With the id that it has.
void GroupMember::rejoin() {
  if (as_.generation >= 0) before_.insert(before_.begin(), as_);
  if (before_.size() > before_max) before_.pop_back();
  phase_ = Phase::outside;
}

void GroupMember::forget_membership() {
  rejoin();
  as_.member_id.clear();
  as_.generation = -1;
}

env::Task<Result<>> GroupMember::leave() {
  protocol::LeaveGroupRequest request;
  request.group_id = Text::copy(group_name(group_));
  const auto version = static_cast<std::int16_t>(prng_.between(0, 5));
  if (version < 3) {
    request.member_id = Text::copy(as_.member_id);
  } else {
    request.members.emplace_back().member_id = Text::copy(as_.member_id);
  }
  const MonoTime sent_at = bench_.now();
  forget_membership();
  const auto answer = CO_TRY(co_await client_.connection().call<protocol::LeaveGroupResponse>(
      std::move(request), version));
  ErrorCode error = answer->error_code;
  if (version >= 3 && answer->members.size() == 1) error = answer->members[0].error_code;
  if (error != ErrorCode::none && error != ErrorCode::unknown_member_id) {
    client_.failed(sent_at, "LeaveGroup", error);
  }
  co_return co_await bench_.pause(milliseconds(prng_.between(0, to_ms(plan_.session_timeout))));
}

env::Task<Result<>> GroupMember::misbehave() {
  switch (prng_.below(4)) {
    case 0:  // silent, for shorter or longer than its session
      co_return co_await bench_.pause(
          milliseconds(prng_.between(0, to_ms(plan_.session_timeout) * 2)));
    case 1:
      client_.connection().forget();
      co_return Result<>();
    case 2:
      if (!is_static()) co_return co_await leave();
      [[fallthrough]];
    default:  // a new process: a static member replaces itself, others leave a member behind
      client_.connection().forget();
      forget_membership();
      co_return Result<>();
  }
}

}  // namespace moldau::sim
