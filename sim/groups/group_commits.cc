// Of GroupClient: commits and deletions.
#include "sim/groups/group_client.h"

#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteResponse;

namespace {

constexpr std::int16_t topic_ids_since = 10;
constexpr std::int16_t static_members_since = 7;
constexpr std::int16_t epochs_since = 9;
constexpr std::int16_t oldest = 2;

ErrorCode error_of(const OffsetDeleteResponse& response, std::string_view topic, int partition) {
  if (response.error_code != ErrorCode::none) return response.error_code;
  for (const auto& answered : response.topics) {
    if (answered.name.view() != topic) continue;
    for (const auto& one : answered.partitions) {
      if (one.partition_index.value() == partition) return one.error_code;
    }
  }
  return ErrorCode::unknown_server_error;
}

}  // namespace

OffsetCommitRequest GroupClient::make_commit(int group, const GroupIdentity& as,
                                             const Positions& positions,
                                             std::vector<CommitSent>& sent) {
  OffsetCommitRequest request;
  request.group_id = Text::copy(group_name(group));
  request.generation_id_or_member_epoch = as.generation;
  request.member_id = Text::copy(as.member_id);
  if (!as.instance_id.empty()) request.group_instance_id = Text::copy(as.instance_id);
  for (const auto& [where, offset] : positions) {
    const TopicKnowledge& topic = known(where.topic);
    if (request.topics.empty() || request.topics.back().topic_id != topic.id) {
      auto& added = request.topics.emplace_back();
      added.name = Text::copy(topic.name);
      added.topic_id = topic.id;
    }
    sent.push_back({bench_.now(), bench_.history.next_commit(), group, where, offset, as});
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition_index = PartitionId(where.partition);
    partition.committed_offset = offset;
    partition.committed_metadata = Text::copy(fmt::format("{}", sent.back().commit));
    bench_.history.add(sent.back());
  }
  ++bench_.commits_sent;
  bench_.last_commit_of = group;
  return request;
}

env::Task<Result<ErrorCode>> GroupClient::commit(int group, GroupIdentity as, Positions positions,
                                                 Prng& prng) {
  // A name may be that of another topic when it comes to be committed; an id may not.
  const std::int16_t least = bench_.scenario.names_are_reused ? topic_ids_since
                             : as.by_epoch                    ? epochs_since
                             : !as.instance_id.empty()        ? static_members_since
                                                              : oldest;
  const auto version = static_cast<std::int16_t>(prng.between(least, topic_ids_since));
  CO_TRY(co_await connection_.ensure());
  std::vector<CommitSent> sent;
  OffsetCommitRequest request = make_commit(group, as, positions, sent);
  // Of these nobody knows whether they happen, while the broker lives on.
  if (wants_to_go(prng)) {
    const auto gone = co_await send_and_go(std::move(request), version);
    lose(sent);
    co_return std::unexpected(gone.error());
  }
  const auto answer = co_await connection_.call<OffsetCommitResponse>(std::move(request), version);
  if (!answer) {
    lose(sent);
    co_return std::unexpected(answer.error());
  }
  co_return take_commit(answer->message, sent);
}

void GroupClient::lose(const std::vector<CommitSent>& sent) {
  for (const CommitSent& commit : sent) {
    bench_.history.add(CommitLost{bench_.now(), commit.commit, commit.group, commit.where});
  }
}

/// Answers stand in the order of the request.
ErrorCode GroupClient::take_commit(const OffsetCommitResponse& response,
                                   const std::vector<CommitSent>& sent) {
  std::size_t taken = 0;
  ErrorCode result = ErrorCode::none;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      const bool fits =
          taken < sent.size() && partition.partition_index.value() == sent[taken].where.partition;
      if (!fits) continue;
      answered(sent[taken], partition.error_code, "OffsetCommit");
      if (result == ErrorCode::none) result = partition.error_code;
      ++taken;
    }
  }
  if (taken != sent.size()) {
    bench_.history.add(AnswerImpossible{bench_.now(), "OffsetCommit does not name the partitions"});
  }
  return result;
}

void GroupClient::answered(const CommitSent& sent, ErrorCode error, std::string_view what) {
  bench_.history.add(
      CommitAnswered{bench_.now(), sent.at, sent.commit, sent.group, sent.where, error, sent.as});
  if (error == ErrorCode::none || is_of_membership(error)) return;
  if (is_of_topic(error) && !bench_.history.catalog().is_safe(sent.where.topic)) return;
  failed(sent.at, what, error);
}

env::Task<Result<>> GroupClient::remove(int group, PartitionRef where) {
  CO_TRY(co_await connection_.ensure());
  protocol::OffsetDeleteRequest request;
  request.group_id = Text::copy(group_name(group));
  auto& topic = request.topics.emplace_back();
  topic.name = Text::copy(known(where.topic).name);
  topic.partitions.push_back({PartitionId(where.partition)});
  const CommitSent sent{bench_.now(), bench_.history.next_commit(), group, where, std::nullopt, {}};
  bench_.history.add(sent);
  const auto answer = co_await connection_.call<OffsetDeleteResponse>(std::move(request), 0);
  if (!answer) {
    lose({sent});
    co_return std::unexpected(answer.error());
  }
  // GROUP_ID_NOT_FOUND: one that has never had an offset does not exist.
  answered(sent, error_of(answer->message, known(where.topic).name, where.partition),
           "OffsetDelete");
  co_return Result<>();
}

}  // namespace moldau::sim
