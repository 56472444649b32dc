#include "sim/groups/group_client.h"

#include <algorithm>
#include <charconv>

#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "sim/broker_host.h"

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetFetchRequest;

namespace {
constexpr std::int16_t topic_ids_since = 10;  // of OffsetCommit and OffsetFetch
constexpr std::int16_t many_groups_since = 8;
constexpr std::int16_t many_keys_since = 4;
constexpr std::int16_t static_members_since = 7;
constexpr Duration backoff = milliseconds(30);

bool is_of_coordinator(ErrorCode error) {
  return error == ErrorCode::coordinator_not_available ||
         error == ErrorCode::coordinator_load_in_progress || error == ErrorCode::not_coordinator;
}

bool is_of_topic(ErrorCode error) {
  return error == ErrorCode::unknown_topic_or_partition || error == ErrorCode::unknown_topic_id;
}

/// What a member may be told that lags behind its group.
bool is_of_member(ErrorCode error) {
  return error == ErrorCode::illegal_generation || error == ErrorCode::unknown_member_id ||
         error == ErrorCode::rebalance_in_progress || error == ErrorCode::fenced_instance_id ||
         error == ErrorCode::group_id_not_found;
}

int commit_of(std::string_view metadata) {
  int commit = -1;
  if (metadata.empty()) return 0;
  const auto [end, error] =
      std::from_chars(metadata.data(), metadata.data() + metadata.size(), commit);
  return error == std::errc() && end == metadata.data() + metadata.size() ? commit : -1;
}

const PartitionRef& place_of(const PartitionRef& where) {
  return where;
}
const PartitionRef& place_of(const GroupClient::Position& position) {
  return position.where;
}

/// A partition's answer, in the forms of all versions.
struct Found {
  std::string topic;
  Uuid topic_id;
  int partition;
  Offset offset;
  std::string metadata;
  ErrorCode error;
};

template <class Topics>
void collect(const Topics& topics, ErrorCode error, std::vector<Found>& found) {
  for (const auto& topic : topics) {
    Uuid id{};
    if constexpr (requires { topic.topic_id; }) id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      found.push_back({topic.name.str(), id, partition.partition_index.value(),
                       partition.committed_offset, partition.metadata.value_or("").str(),
                       error == ErrorCode::none ? partition.error_code : error});
    }
  }
}

}  // namespace

GroupClient::GroupClient(Bench& bench, int actor, Duration timeout)
    : bench_(bench), actor_(actor), connection_(bench, actor, timeout) {}

void GroupClient::failed(MonoTime sent_at, std::string_view what, ErrorCode error) {
  const std::string text = fmt::format("{}: {}", what, error);
  if (is_of_coordinator(error)) {
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

template <class T>
std::vector<GroupClient::Topic> GroupClient::by_topic(const std::vector<T>& positions) {
  std::vector<Topic> topics;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const int number = place_of(positions[i]).topic;
    if (topics.empty() || topics.back().number != number) topics.push_back({number, {}});
    topics.back().at.push_back(i);
  }
  return topics;
}

env::Task<Result<ErrorCode>> GroupClient::commit(int group, const GroupIdentity& as,
                                                 std::vector<Position> positions, Prng& prng) {
  // A name may be that of another topic when it comes to be committed; an id may not.
  const std::int64_t least = bench_.scenario.names_are_reused ? topic_ids_since
                             : !as.instance_id.empty()        ? static_members_since
                                                              : 2;
  const auto version = static_cast<std::int16_t>(prng.between(least, topic_ids_since));
  CO_TRY(co_await connection_.ensure());
  OffsetCommitRequest request;
  request.group_id = Text::copy(group_name(group));
  request.generation_id_or_member_epoch = as.generation;
  request.member_id = Text::copy(as.member_id);
  if (!as.instance_id.empty()) request.group_instance_id = Text::copy(as.instance_id);
  std::vector<CommitSent> sent;
  for (const Topic& topic : by_topic(positions)) {
    auto& to = request.topics.emplace_back();
    to.name = Text::copy(known(topic.number).name);
    to.topic_id = known(topic.number).id;
    for (const std::size_t i : topic.at) {
      const int number = bench_.history.next_commit();
      sent.push_back({bench_.now(), number, group, positions[i].where, positions[i].offset, as});
      auto& partition = to.partitions.emplace_back();
      partition.partition_index = PartitionId(positions[i].where.partition);
      partition.committed_offset = *positions[i].offset;
      partition.committed_metadata = Text::copy(fmt::format("{}", number));
      bench_.history.add(sent.back());
    }
  }
  ++bench_.commits_sent;
  bench_.last_commit_of = group;
  // Of these nobody knows whether they happen, while the broker lives on.
  if (wants_to_go(prng)) {
    const auto gone = co_await send_and_go(std::move(request), version);
    for (const CommitSent& commit : sent) {
      bench_.history.add(CommitLost{bench_.now(), commit.commit, group, commit.where});
    }
    co_return std::unexpected(gone.error());
  }
  const auto answer =
      co_await connection_.call<protocol::OffsetCommitResponse>(std::move(request), version);
  if (!answer) {
    for (const CommitSent& commit : sent) {
      bench_.history.add(CommitLost{bench_.now(), commit.commit, group, commit.where});
    }
    co_return std::unexpected(answer.error());
  }
  std::vector<ErrorCode> errors;
  for (const auto& topic : (*answer)->topics) {
    for (const auto& partition : topic.partitions) {
      const bool fits = errors.size() < sent.size() &&
                        partition.partition_index.value() == sent[errors.size()].where.partition;
      if (fits) errors.push_back(partition.error_code);
    }
  }
  if (errors.size() != sent.size()) {
    bench_.history.add(AnswerImpossible{bench_.now(), "OffsetCommit does not name the partitions"});
    co_return fail(Errc::unavailable, "commit");
  }
  ErrorCode result = ErrorCode::none;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    bench_.history.add(CommitAnswered{bench_.now(), sent[i].at, sent[i].commit, group,
                                      sent[i].where, errors[i], as});
    if (errors[i] == ErrorCode::none || is_of_topic(errors[i])) continue;
    if (result == ErrorCode::none && !is_of_member(errors[i])) {
      failed(sent[i].at, "OffsetCommit", errors[i]);
    }
    result = errors[i];
  }
  co_return result;
}

env::Task<Result<>> GroupClient::remove(int group, const std::vector<PartitionRef>& where) {
  CO_TRY(co_await connection_.ensure());
  protocol::OffsetDeleteRequest request;
  request.group_id = Text::copy(group_name(group));
  std::vector<CommitSent> sent;
  for (const Topic& topic : by_topic(where)) {
    auto& to = request.topics.emplace_back();
    to.name = Text::copy(known(topic.number).name);
    for (const std::size_t i : topic.at) {
      to.partitions.push_back({PartitionId(where[i].partition)});
      sent.push_back(
          {bench_.now(), bench_.history.next_commit(), group, where[i], std::nullopt, {}});
      bench_.history.add(sent.back());
    }
  }
  const auto answer =
      co_await connection_.call<protocol::OffsetDeleteResponse>(std::move(request), 0);
  for (const CommitSent& commit : sent) {
    if (!answer) {
      bench_.history.add(CommitLost{bench_.now(), commit.commit, group, commit.where});
      continue;
    }
    ErrorCode error = (*answer)->error_code;
    for (const auto& topic : (*answer)->topics) {
      if (topic.name.view() != known(commit.where.topic).name) continue;
      for (const auto& partition : topic.partitions) {
        if (partition.partition_index.value() != commit.where.partition) continue;
        if (error == ErrorCode::none) error = partition.error_code;
      }
    }
    bench_.history.add(
        CommitAnswered{bench_.now(), commit.at, commit.commit, group, commit.where, error, {}});
    // A group that has never had an offset does not exist.
    if (error != ErrorCode::none && error != ErrorCode::group_id_not_found && !is_of_topic(error)) {
      failed(commit.at, "OffsetDelete", error);
    }
  }
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<>();
}

env::Task<Result<std::map<PartitionRef, Offset>>> GroupClient::fetch(
    int group, std::vector<PartitionRef> where, Prng& prng) {
  const std::int64_t least = bench_.scenario.names_are_reused ? topic_ids_since : 1;
  const auto version = static_cast<std::int16_t>(prng.between(least, topic_ids_since));
  CO_TRY(co_await connection_.ensure());
  OffsetFetchRequest request;
  auto& of_group = request.groups.emplace_back();
  of_group.group_id = Text::copy(group_name(group));
  for (const Topic& topic : by_topic(where)) {
    auto& to = of_group.topics->emplace_back();
    to.name = Text::copy(known(topic.number).name);
    to.topic_id = known(topic.number).id;
    for (const std::size_t i : topic.at) {
      to.partition_indexes.emplace_back(where[i].partition);
    }
  }
  if (version < many_groups_since) {
    request.group_id = std::move(of_group.group_id);
    for (auto& topic : *of_group.topics) {
      request.topics->push_back({std::move(topic.name), std::move(topic.partition_indexes)});
    }
    request.groups.clear();
  }
  const MonoTime asked_at = bench_.now();
  const auto answer =
      CO_TRY(co_await connection_.call<protocol::OffsetFetchResponse>(std::move(request), version));
  std::vector<Found> found;
  ErrorCode error = answer->error_code;
  if (version < many_groups_since) {
    collect(answer->topics, error, found);
  } else if (answer->groups.size() == 1) {
    error = answer->groups[0].error_code;
    collect(answer->groups[0].topics, error, found);
  }
  std::map<PartitionRef, Offset> offsets;
  for (const Found& one : found) {
    const auto place = std::ranges::find_if(where, [&](const PartitionRef& candidate) {
      const TopicKnowledge& topic = known(candidate.topic);
      const bool is_same =
          version >= topic_ids_since ? topic.id == one.topic_id : topic.name == one.topic;
      return is_same && candidate.partition == one.partition;
    });
    if (place == where.end()) {
      bench_.history.add(
          AnswerImpossible{bench_.now(), "an OffsetFetch answer names what was not asked for"});
      continue;
    }
    if (one.error == ErrorCode::none) {
      bench_.history.add(
          OffsetTold{bench_.now(), asked_at, group, *place, one.offset, commit_of(one.metadata)});
      offsets[*place] = one.offset;
    } else if (error == ErrorCode::none) {
      error = one.error;
    }
  }
  if (error != ErrorCode::none && !is_of_topic(error)) {
    failed(asked_at, "OffsetFetch", error);
    CO_TRY(co_await bench_.pause(backoff));
    co_return fail(Errc::unavailable, "offsets");
  }
  if (error == ErrorCode::none && found.size() != where.size()) {
    const bool excused = std::ranges::any_of(where, [&](const PartitionRef& one) {
      return !bench_.history.catalog().is_safe(one.topic);
    });
    if (!excused) {
      bench_.history.add(AnswerImpossible{bench_.now(), "an OffsetFetch answer lacks a partition"});
    }
  }
  co_return offsets;
}

}  // namespace moldau::sim
