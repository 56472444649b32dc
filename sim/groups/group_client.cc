#include "sim/groups/group_client.h"

#include "protocol/messages/find_coordinator.h"
#include "sim/broker_host.h"

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr std::int16_t many_keys_since = 4;
constexpr Duration backoff = milliseconds(30);
}  // namespace

bool is_of_coordinator(ErrorCode error) {
  return error == ErrorCode::coordinator_not_available ||
         error == ErrorCode::coordinator_load_in_progress || error == ErrorCode::not_coordinator;
}

bool is_of_membership(ErrorCode error) {
  return error == ErrorCode::illegal_generation || error == ErrorCode::unknown_member_id ||
         error == ErrorCode::rebalance_in_progress || error == ErrorCode::fenced_instance_id ||
         error == ErrorCode::group_id_not_found || error == ErrorCode::stale_member_epoch ||
         error == ErrorCode::fenced_member_epoch;
}

bool is_of_topic(ErrorCode error) {
  return error == ErrorCode::unknown_topic_or_partition || error == ErrorCode::unknown_topic_id;
}

GroupClient::GroupClient(Bench& bench, int actor, Duration timeout)
    : bench_(bench), actor_(actor), connection_(bench, actor, timeout) {}

void GroupClient::failed(MonoTime sent_at, std::string_view what, ErrorCode error) {
  const std::string text = fmt::format("{}: {}", what, error);
  if (is_of_coordinator(error) || is_of_topic(error)) {
    bench_.history.add(RequestLost{bench_.now(), actor_, sent_at, text});
  } else {
    bench_.history.add(AnswerImpossible{bench_.now(), text});
  }
}

env::Task<Result<>> GroupClient::find(int group, Prng& prng) {
  CO_TRY(co_await connection_.ensure());
  if (found_by_ != connection_.number()) found_.clear();
  found_by_ = connection_.number();
  if (found_.contains(group)) co_return Result<>();
  const auto version = static_cast<std::int16_t>(prng.between(0, 6));
  protocol::FindCoordinatorRequest request;
  if (version < many_keys_since) {
    request.key = Text::copy(group_name(group));
  } else {
    request.coordinator_keys.push_back(Text::copy(group_name(group)));
  }
  const MonoTime sent_at = bench_.now();
  const auto answer = CO_TRY(
      co_await connection_.call<protocol::FindCoordinatorResponse>(std::move(request), version));
  ErrorCode error = answer->error_code;
  std::int32_t port = answer->port;
  if (version >= many_keys_since && answer->coordinators.size() == 1) {
    error = answer->coordinators[0].error_code;
    port = answer->coordinators[0].port;
  }
  if (error != ErrorCode::none) {
    failed(sent_at, "FindCoordinator", error);
    CO_TRY(co_await bench_.pause(backoff));
    co_return fail(Errc::unavailable, "no coordinator");
  }
  if (port != BrokerHost::port) {
    bench_.history.add(AnswerImpossible{bench_.now(), "FindCoordinator names another broker"});
  }
  found_.insert(group);
  co_return Result<>();
}

std::vector<GroupClient::Topic> GroupClient::by_topic(const std::vector<PartitionRef>& where) {
  std::vector<Topic> topics;
  for (const PartitionRef one : where) {
    if (topics.empty() || topics.back().number != one.topic) topics.push_back({one.topic, {}});
    topics.back().partitions.push_back(one);
  }
  return topics;
}

}  // namespace moldau::sim
