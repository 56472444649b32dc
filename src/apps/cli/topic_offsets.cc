#include "apps/cli/topic_offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <set>

#include "apps/cli/explain.h"
#include "protocol/messages/list_offsets.h"

namespace moldau::apps {
namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

using ByLeader = std::map<NodeId, std::set<TopicPartition>>;

/// The leaders now; partitions without one are left out.
Result<ByLeader> by_leader(Wire& wire, const std::set<TopicPartition>& partitions) {
  std::set<std::string> topics;
  for (const auto& one : partitions) topics.insert(one.topic);
  const auto metadata = TRY(wire.metadata({topics.begin(), topics.end()}));
  ByLeader result;
  for (const auto& topic : metadata->topics) {
    for (const auto& partition : topic.partitions) {
      const TopicPartition one{topic.name.value_or("").str(), partition.partition_index.value()};
      if (partition.leader_id != no_node && partitions.contains(one)) {
        result[partition.leader_id].insert(one);
      }
    }
  }
  return result;
}

ListOffsetsRequest request_for(const std::set<TopicPartition>& partitions, std::int64_t timestamp,
                               Isolation isolation, std::int32_t timeout_ms) {
  ListOffsetsRequest request;
  request.replica_id = no_node;
  request.isolation_level = static_cast<std::int8_t>(isolation);
  request.timeout_ms = timeout_ms;
  for (const auto& [topic, partition] : partitions) {
    if (request.topics.empty() || request.topics.back().name != topic) {
      request.topics.push_back({.name = Text::view(topic), .partitions = {}});
    }
    request.topics.back().partitions.push_back(
        {.partition_index = PartitionId(partition), .timestamp = timestamp});
  }
  return request;
}

}  // namespace

Result<OffsetMap> list_offsets(Wire& wire, const std::vector<TopicPartition>& partitions,
                               std::int64_t timestamp, Isolation isolation) {
  OffsetMap offsets;
  std::set<TopicPartition> left(partitions.begin(), partitions.end());
  // Twice, in case that a leader has just moved.
  for (int round = 0; round < 2 && !left.empty(); ++round) {
    for (const auto& [leader, asked] : TRY(by_leader(wire, left))) {
      const auto response = wire.ask<ListOffsetsResponse>(
          leader, request_for(asked, timestamp, isolation, wire.options().timeout_ms));
      if (!response && response.error().code == Errc::unavailable) continue;
      if (!response) return std::unexpected(response.error());
      for (const auto& topic : response->message.topics) {
        for (const auto& one : topic.partitions) {
          if (one.error_code != ErrorCode::none) continue;
          const TopicPartition partition{topic.name.str(), one.partition_index.value()};
          offsets.emplace(partition, one.offset.value());
          left.erase(partition);
        }
      }
    }
  }
  return offsets;
}

Result<std::vector<TopicPartition>> partitions_of(Wire& wire, const std::string& topic) {
  const auto metadata = TRY(wire.metadata({topic}));
  std::vector<TopicPartition> partitions;
  for (const auto& one : metadata->topics) {
    if (one.name != topic) continue;
    if (one.error_code != ErrorCode::none) {
      return std::unexpected(explain(one.error_code, "topic " + topic));
    }
    for (const auto& partition : one.partitions) {
      partitions.push_back({topic, partition.partition_index.value()});
    }
  }
  if (partitions.empty()) {
    return std::unexpected(explain(ErrorCode::unknown_topic_or_partition, "topic " + topic));
  }
  std::ranges::sort(partitions);
  return partitions;
}

std::string ranges(std::vector<std::int32_t> numbers) {
  std::ranges::sort(numbers);
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += fmt::to_string(numbers[i]);
    if (end - i > 1) text += fmt::format("-{}", numbers[end - 1]);
    i = end;
  }
  return text;
}

Result<std::vector<std::int32_t>> parse_ranges(std::string_view text) {
  std::vector<std::int32_t> numbers;
  for (const auto part : std::views::split(text, ',')) {
    const auto* at = part.data();
    const auto* const end = at + part.size();
    std::int32_t first = 0;
    std::int32_t last = 0;
    auto parsed = std::from_chars(at, end, first);
    last = first;
    if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '-') {
      parsed = std::from_chars(parsed.ptr + 1, end, last);
    }
    constexpr std::int32_t count_max = 1'000'000;
    if (parsed.ec != std::errc() || parsed.ptr != end || first < 0 || last < first ||
        last - first >= count_max) {
      return fail(Errc::invalid, fmt::format("{}: write partitions as 0,2,5-7", text));
    }
    for (auto number = first; number <= last; ++number) numbers.push_back(number);
  }
  if (numbers.empty()) return fail(Errc::invalid, "write partitions as 0,2,5-7");
  return numbers;
}

}  // namespace moldau::apps
