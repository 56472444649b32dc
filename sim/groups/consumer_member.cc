#include "sim/groups/consumer_member.h"

#include <algorithm>
#include <ranges>

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr Duration timeout = std::chrono::seconds(3);
constexpr Duration backoff = milliseconds(30);
constexpr Duration rest = milliseconds(50);
constexpr std::int64_t step_max = 20;  // between two commits
constexpr int busy_turns = 60;         // then it slows down
constexpr std::int64_t think_ms_max = 40;
constexpr std::int64_t slow_think_ms_max = 200;
constexpr std::int32_t joins = 0;
constexpr std::int32_t leaves = -1;
constexpr std::int32_t leaves_for_a_while = -2;
constexpr std::int16_t regex_since = 1;
/// Every topic that is not internal.
constexpr std::string_view all_topics = "[^_].*";

/// The topic's ids and numbers as requests have them.
template <class To>
std::vector<To> by_topic(const OwnedPartitions& partitions) {
  std::vector<To> topics;
  for (const auto& [topic, number] : partitions) {
    if (topics.empty() || topics.back().topic_id != topic) topics.emplace_back().topic_id = topic;
    topics.back().partitions.emplace_back(number);
  }
  return topics;
}

OwnedPartitions without(const OwnedPartitions& all, const OwnedPartitions& some) {
  OwnedPartitions rest_of;
  std::ranges::set_difference(all, some, std::inserter(rest_of, rest_of.end()));
  return rest_of;
}
}  // namespace

ConsumerMember::ConsumerMember(Bench& bench, int actor, int group, int number,
                               const MemberPlan& plan)
    : bench_(bench),
      group_(group),
      plan_(plan),
      prng_(Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor))),
      client_(bench, actor, timeout) {
  if (plan.is_static) as_.instance_id = fmt::format("instance-{}", number);
  as_.by_epoch = true;
  begin_afresh(false);
}

env::Task<> ConsumerMember::run() {
  while (true) {
    resting_ = !bench_.consuming;
    const auto done = resting_ ? co_await bench_.pause(rest) : co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

env::Task<Result<>> ConsumerMember::turn() {
  CO_TRY(co_await client_.find(group_, prng_));
  if (!is_member()) co_return co_await heartbeat();
  ++turns_;
  const std::int64_t think = turns_ < busy_turns ? think_ms_max : slow_think_ms_max;
  CO_TRY(co_await bench_.pause(milliseconds(prng_.between(1, think))));
  if (!bench_.consuming) co_return Result<>();
  if (!bench_.steady && prng_.chance(plan_.mischief_per_million)) co_return co_await misbehave();
  if (gives_up_at_ && bench_.now() >= *gives_up_at_) co_return co_await give_up();
  if (bench_.now() >= heartbeat_due_) co_return co_await heartbeat();
  if (known_owned().empty()) co_return Result<>();
  if (!has_looked_) co_return co_await look();
  if (prng_.chance(300'000)) co_return Result<>();
  co_return co_await commit();
}

// --- Membership ---------------------------------------------------------------------------------

std::vector<std::string> ConsumerMember::wanted_topics() const {
  std::set<std::string> names;
  const Catalog& catalog = bench_.history.catalog();
  for (const PartitionRef where : catalog.safe_partitions()) {
    names.insert(catalog.at(where.topic).name);
  }
  return {names.begin(), names.end()};
}

void ConsumerMember::want(Request& request) {
  auto topics = plan_.by_regex ? std::vector<std::string>() : wanted_topics();
  if (said_topics_ == topics) return;
  request.subscribed_topic_names.emplace();
  for (const auto& topic : topics) {
    request.subscribed_topic_names->push_back(Text::copy(topic));
  }
  if (plan_.by_regex) request.subscribed_topic_regex = Text::view(all_topics);
  said_topics_ = std::move(topics);
}

/// Everything when it joins and when an answer was lost, else what has changed.
ConsumerMember::Request ConsumerMember::make_heartbeat() {
  Request request;
  request.group_id = Text::copy(group_name(group_));
  request.member_id = Text::copy(as_.member_id);
  request.member_epoch = as_.generation;
  if (is_static()) request.instance_id = Text::copy(as_.instance_id);
  if (!said_topics_) {
    request.rebalance_timeout_ms = static_cast<std::int32_t>(to_ms(plan_.rebalance_timeout));
    says_owned_ = true;
    if (!plan_.assignor.empty()) request.server_assignor = Text::copy(plan_.assignor);
  }
  want(request);
  if (says_owned_) request.topic_partitions = by_topic<Request::TopicPartitions>(owned_);
  says_owned_ = false;
  return request;
}

env::Task<Result<>> ConsumerMember::heartbeat() {
  const auto version = plan_.by_regex || plan_.names_itself ? regex_since : std::int16_t{0};
  const OwnedPartitions said = owned_;
  const MonoTime sent_at = bench_.now();
  if (client_.wants_to_go(prng_)) {
    auto request = make_heartbeat();
    said_topics_.reset();
    co_return co_await client_.send_and_go(std::move(request), version);
  }
  const auto answer = co_await client_.connection().call<Response>(make_heartbeat(), version);
  if (!answer) {
    said_topics_.reset();
    co_return std::unexpected(answer.error());
  }
  heartbeat_due_ = bench_.now() + heartbeat_every_;
  const Response& response = answer->message;
  if (response.error_code != ErrorCode::none) co_return co_await refused(sent_at, response);
  take(response, sent_at, said);
  co_return Result<>();
}

void ConsumerMember::take(const Response& response, MonoTime sent_at, const OwnedPartitions& said) {
  const bool has_joined = as_.generation == joins;
  if (as_.member_id.empty()) as_.member_id = response.member_id.value_or("").str();
  const bool is_sound = response.member_epoch > 0 && !as_.member_id.empty() &&
                        response.member_id.value_or("").view() == as_.member_id &&
                        response.heartbeat_interval_ms > 0;
  if (!is_sound) {
    bench_.history.add(AnswerImpossible{bench_.now(), "ConsumerGroupHeartbeat's answer"});
  }
  as_.generation = response.member_epoch;
  heartbeat_every_ = milliseconds(response.heartbeat_interval_ms);
  EpochTold told{.at = bench_.now(),
                 .sent_at = sent_at,
                 .group = group_,
                 .as = as_,
                 .joins = has_joined,
                 .owned = said,
                 .assigned = {}};
  if (response.assignment) {
    target_.clear();
    for (const auto& topic : response.assignment->topic_partitions) {
      for (const auto& partition : topic.partitions) {
        target_.emplace(topic.topic_id, partition.value());
      }
    }
    told.assigned = target_;
    if (!without(target_, owned_).empty()) {
      owned_.insert(target_.begin(), target_.end());
      has_looked_ = false;
      says_owned_ = true;
    }
    gives_up_at_.reset();
    if (owned_ != target_) {
      // Sometimes later than the group waits for it.
      const std::int64_t most = to_ms(plan_.rebalance_timeout) * (bench_.steady ? 1 : 3) / 2;
      gives_up_at_ = bench_.now() + milliseconds(prng_.between(0, most) / (bench_.steady ? 2 : 1));
    }
  }
  bench_.history.add(std::move(told));
  if (proof_.generation != as_.generation || proof_.sent_at < bench_.steady_since) {
    proof_.has_committed = false;
  }
  proof_.sent_at = sent_at;
  proof_.generation = as_.generation;
  if (known_owned().empty()) proof_.has_committed = true;
}

env::Task<Result<>> ConsumerMember::refused(MonoTime sent_at, const Response& response) {
  const ErrorCode error = response.error_code;
  said_topics_.reset();
  if (error == ErrorCode::fenced_member_epoch || error == ErrorCode::unknown_member_id ||
      error == ErrorCode::fenced_instance_id) {
    begin_afresh(plan_.names_itself && error != ErrorCode::fenced_instance_id);
  } else if (error == ErrorCode::unreleased_instance_id && is_static()) {
    begin_afresh(false);  // until the session of who it was has ended
  } else {
    client_.failed(sent_at, "ConsumerGroupHeartbeat", error);
  }
  co_return co_await bench_.pause(backoff);
}

void ConsumerMember::begin_afresh(bool keeps_id) {
  release(owned_);
  target_.clear();
  gives_up_at_.reset();
  positions_.clear();
  said_topics_.reset();
  as_.generation = joins;
  if (keeps_id) return;
  as_.member_id.clear();
  // The ids of static members begin with their instance ids, as those of the classic protocol.
  if (plan_.names_itself) {
    as_.member_id =
        fmt::format("{}-{:016x}", is_static() ? as_.instance_id : "member", prng_.next());
  }
}

void ConsumerMember::release(const OwnedPartitions& gone) {
  if (gone.empty()) return;
  bench_.history.add(PartitionsReleased{bench_.now(), group_, as_, gone});
  owned_ = without(owned_, OwnedPartitions(gone));
}

env::Task<Result<>> ConsumerMember::give_up() {
  gives_up_at_.reset();
  const OwnedPartitions gone = without(owned_, target_);
  std::vector<PartitionRef> last;
  for (const PartitionRef where : known_owned()) {
    const Uuid id = bench_.history.catalog().at(where.topic).id;
    if (gone.contains({id, where.partition}) && positions_.contains(where)) last.push_back(where);
  }
  if (!last.empty() && prng_.chance(500'000)) {
    GroupClient::Positions positions;
    for (const PartitionRef where : last) positions.emplace_back(where, positions_[where]);
    const auto error = co_await client_.commit(group_, as_, std::move(positions), prng_);
    if (!error && error.error().code == Errc::cancelled) co_return std::unexpected(error.error());
  }
  release(gone);
  says_owned_ = true;
  heartbeat_due_ = bench_.now();
  co_return Result<>();
}

// --- Work ---------------------------------------------------------------------------------------

/// Those of its partitions whose topics nobody has begun to delete.
std::vector<PartitionRef> ConsumerMember::known_owned() const {
  std::vector<PartitionRef> mine;
  const Catalog& catalog = bench_.history.catalog();
  for (const PartitionRef where : catalog.safe_partitions()) {
    if (owned_.contains({catalog.at(where.topic).id, where.partition})) mine.push_back(where);
  }
  return mine;
}

env::Task<Result<>> ConsumerMember::look() {
  positions_ = CO_TRY(co_await client_.fetch(group_, known_owned(), prng_));
  has_looked_ = true;
  co_return Result<>();
}

env::Task<Result<>> ConsumerMember::commit() {
  GroupClient::Positions positions;
  for (const PartitionRef where : known_owned()) {
    if (!positions.empty() && prng_.chance(500'000)) continue;
    Offset& position = positions_.try_emplace(where, no_offset).first->second;
    position = std::max(position, Offset(0)) + prng_.between(0, step_max);
    positions.emplace_back(where, position);
  }
  const ErrorCode error = CO_TRY(co_await client_.commit(group_, as_, std::move(positions), prng_));
  if (error == ErrorCode::none) proof_.has_committed = true;
  // It learns what it is from its next heartbeat.
  if (is_of_membership(error)) heartbeat_due_ = bench_.now();
  co_return Result<>();
}

env::Task<Result<>> ConsumerMember::leave() {
  Request request;
  request.group_id = Text::copy(group_name(group_));
  request.member_id = Text::copy(as_.member_id);
  request.member_epoch = is_static() ? leaves_for_a_while : leaves;
  if (is_static()) request.instance_id = Text::copy(as_.instance_id);
  const auto version = plan_.names_itself ? regex_since : std::int16_t{0};
  const std::int32_t epoch = request.member_epoch;
  begin_afresh(false);
  const MonoTime sent_at = bench_.now();
  const auto answer =
      CO_TRY(co_await client_.connection().call<Response>(std::move(request), version));
  const ErrorCode error = answer->error_code;
  if (error == ErrorCode::none && answer->member_epoch != epoch) {
    bench_.history.add(AnswerImpossible{bench_.now(), "the answer to who leaves"});
  }
  if (error != ErrorCode::none && !is_of_membership(error)) {
    client_.failed(sent_at, "ConsumerGroupHeartbeat", error);
  }
  co_return co_await bench_.pause(
      milliseconds(prng_.between(0, to_ms(bench_.scenario.consumer_session))));
}

env::Task<Result<>> ConsumerMember::misbehave() {
  switch (prng_.below(4)) {
    case 0:  // silent, for shorter or longer than its session
      co_return co_await bench_.pause(
          milliseconds(prng_.between(0, to_ms(bench_.scenario.consumer_session) * 2)));
    case 1:
      client_.connection().forget();
      co_return Result<>();
    case 2:
      co_return co_await leave();
    default:  // a new process: a static member has to wait for who it was
      client_.connection().forget();
      begin_afresh(false);
      co_return Result<>();
  }
}

}  // namespace moldau::sim
