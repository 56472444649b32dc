// Of GroupClient: OffsetFetch.
#include "sim/groups/group_client.h"

#include <algorithm>
#include <charconv>

#include "protocol/messages/offset_fetch.h"

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

namespace {

constexpr std::int16_t topic_ids_since = 10;
constexpr std::int16_t many_groups_since = 8;
constexpr std::int16_t oldest = 1;
constexpr Duration backoff = milliseconds(30);

/// 0: nobody's; -1: not a number.
int commit_of(std::string_view metadata) {
  int commit = -1;
  if (metadata.empty()) return 0;
  const auto [end, error] =
      std::from_chars(metadata.data(), metadata.data() + metadata.size(), commit);
  return error == std::errc() && end == metadata.data() + metadata.size() ? commit : -1;
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
void collect(const Topics& topics, std::vector<Found>& found) {
  for (const auto& topic : topics) {
    Uuid id{};
    if constexpr (requires { topic.topic_id; }) id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      found.push_back({topic.name.str(), id, partition.partition_index.value(),
                       partition.committed_offset, partition.metadata.value_or("").str(),
                       partition.error_code});
    }
  }
}

}  // namespace

OffsetFetchRequest GroupClient::make_fetch(int group, const std::vector<PartitionRef>& where,
                                           std::int16_t version) const {
  OffsetFetchRequest request;
  OffsetFetchRequest::OffsetFetchRequestGroup of_group;
  of_group.group_id = Text::copy(group_name(group));
  for (const Topic& topic : by_topic(where)) {
    auto& to = of_group.topics->emplace_back();
    to.name = Text::copy(known(topic.number).name);
    to.topic_id = known(topic.number).id;
    for (const PartitionRef one : topic.partitions)
      to.partition_indexes.emplace_back(one.partition);
  }
  if (version >= many_groups_since) {
    request.groups.push_back(std::move(of_group));
    return request;
  }
  request.group_id = std::move(of_group.group_id);
  for (auto& topic : *of_group.topics) {
    request.topics->push_back({std::move(topic.name), std::move(topic.partition_indexes)});
  }
  return request;
}

env::Task<Result<GroupClient::Offsets>> GroupClient::fetch(int group,
                                                           std::vector<PartitionRef> where,
                                                           Prng& prng) {
  const std::int16_t least = bench_.scenario.names_are_reused ? topic_ids_since : oldest;
  const auto version = static_cast<std::int16_t>(prng.between(least, topic_ids_since));
  CO_TRY(co_await connection_.ensure());
  const MonoTime asked_at = bench_.now();
  const auto answer = CO_TRY(
      co_await connection_.call<OffsetFetchResponse>(make_fetch(group, where, version), version));
  std::vector<Found> found;
  ErrorCode error = answer->error_code;
  if (version < many_groups_since) {
    collect(answer->topics, found);
  } else if (answer->groups.size() == 1) {
    error = answer->groups[0].error_code;
    collect(answer->groups[0].topics, found);
  }
  Offsets offsets;
  std::size_t taken = 0;
  for (const Found& one : found) {
    const auto place = std::ranges::find_if(where, [&](const PartitionRef& candidate) {
      const TopicKnowledge& topic = known(candidate.topic);
      const bool is_same =
          version >= topic_ids_since ? topic.id == one.topic_id : topic.name == one.topic;
      return is_same && candidate.partition == one.partition;
    });
    if (place == where.end()) continue;
    ++taken;
    if (one.error == ErrorCode::none) {
      bench_.history.add(
          OffsetTold{bench_.now(), asked_at, group, *place, one.offset, commit_of(one.metadata)});
      offsets[*place] = one.offset;
    } else if (!is_of_topic(one.error) || bench_.history.catalog().is_safe(place->topic)) {
      error = one.error;
    }
  }
  if (error == ErrorCode::none && taken != where.size()) {
    bench_.history.add(AnswerImpossible{bench_.now(), "OffsetFetch does not name the partitions"});
  }
  if (error == ErrorCode::none) co_return offsets;
  failed(asked_at, "OffsetFetch", error);
  CO_TRY(co_await bench_.pause(backoff));
  co_return fail(Errc::unavailable, "offsets");
}

}  // namespace moldau::sim
