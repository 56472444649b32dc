// AlterReplicaLogDirs (API 34, KIP-113).
//   2  flexible
#include <map>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "broker/replica_moves.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace moldau::broker {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;

env::Task<AlterReplicaLogDirsResponse> handle_alter_replica_log_dirs(
    Broker& broker, RequestContext& context, AlterReplicaLogDirsRequest request) {
  // Of a partition that is named twice the last directory counts, as in Apache's map.
  std::map<std::string_view, std::map<PartitionId, std::string_view>> wishes;
  for (const auto& dir : request.dirs) {
    for (const auto& topic : dir.topics) {
      for (const PartitionId id : topic.partitions) wishes[topic.name][id] = dir.path;
    }
  }
  AlterReplicaLogDirsResponse response;
  for (const auto& [topic, partitions] : wishes) {
    auto& result = response.results.emplace_back();
    result.topic_name = Text::view(topic);
    for (const auto& [id, path] : partitions) {
      const auto error = broker.moves().alter(*context.image, {std::string(topic), id}, path);
      result.partitions.push_back({.partition_index = id, .error_code = error});
    }
  }
  co_return response;
}

}  // namespace moldau::broker
