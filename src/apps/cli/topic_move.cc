#include "apps/cli/topic_move.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apps/cli/explain.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace moldau::apps {
namespace {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::ErrorCode;

/// What each broker is asked to move. Errors: not_found.
Result<std::map<NodeId, std::vector<PartitionId>>> replicas_of(Wire& wire, const TopicMove& move) {
  const auto metadata = TRY(wire.metadata({move.topic}));
  const auto what = "topic " + move.topic;
  if (metadata->topics.empty()) {
    return std::unexpected(explain(ErrorCode::unknown_topic_or_partition, what));
  }
  const auto& topic = metadata->topics.front();
  if (topic.error_code != ErrorCode::none) return std::unexpected(explain(topic.error_code, what));
  std::map<NodeId, std::vector<PartitionId>> replicas;
  for (const auto& partition : topic.partitions) {
    const auto id = partition.partition_index;
    if (!move.partitions.empty() &&
        std::ranges::find(move.partitions, id.value()) == move.partitions.end()) {
      continue;
    }
    for (const NodeId broker : partition.replica_nodes) {
      if (move.broker < 0 || broker == NodeId(move.broker)) replicas[broker].push_back(id);
    }
  }
  if (replicas.empty()) return fail(Errc::not_found, what + " has no such replica");
  return replicas;
}

/// Said with what is wrong: the partition, or the directory.
Error refusal(const TopicMove& move, NodeId broker, PartitionId partition, ErrorCode code) {
  const bool of_directory =
      code == ErrorCode::log_dir_not_found || code == ErrorCode::kafka_storage_error;
  return explain(code, of_directory
                           ? fmt::format("directory {} of broker {}", move.directory, broker)
                           : fmt::format("{}-{} on broker {}", move.topic, partition, broker));
}

}  // namespace

Result<std::vector<BegunMove>> move_topic(Wire& wire, const TopicMove& move) {
  std::vector<BegunMove> begun;
  for (const auto& [broker, partitions] : TRY(replicas_of(wire, move))) {
    AlterReplicaLogDirsRequest request;
    auto& directory = request.dirs.emplace_back();
    directory.path = Text::view(move.directory);
    directory.topics.push_back({.name = Text::view(move.topic), .partitions = partitions});
    const auto response = TRY(wire.ask<AlterReplicaLogDirsResponse>(broker, request));
    for (const auto& topic : response->results) {
      for (const auto& result : topic.partitions) {
        if (result.error_code != ErrorCode::none) {
          return std::unexpected(refusal(move, broker, result.partition_index, result.error_code));
        }
        begun.push_back({broker, result.partition_index.value()});
      }
    }
  }
  return begun;
}

}  // namespace moldau::apps
