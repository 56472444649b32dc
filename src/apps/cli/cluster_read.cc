#include "apps/cli/cluster_report.h"

#include <algorithm>

#include "apps/cli/explain.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_quorum.h"

namespace moldau::apps {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;
using protocol::ErrorCode;

/// Fenced brokers are in no metadata; brokers before 4.0 do not tell them at all.
Result<> read_brokers(Wire& wire, ClusterReport& report) {
  const auto version = wire.version_at(Wire::any, DescribeClusterRequest::info);
  if (version) {
    DescribeClusterRequest request;
    request.include_fenced_brokers = *version >= 2;
    const auto response = TRY(wire.ask<DescribeClusterResponse>(Wire::any, request));
    if (response->error_code != ErrorCode::none) {
      return std::unexpected(explain(response->error_code, "cluster"));
    }
    report.id = response->cluster_id.str();
    report.controller = response->controller_id;
    for (const auto& broker : response->brokers) {
      report.brokers.push_back(
          {.address = {.id = broker.broker_id,
                       .endpoint = {broker.host.str(), static_cast<std::uint16_t>(broker.port)},
                       .rack = broker.rack ? broker.rack->str() : ""},
           .is_fenced = broker.is_fenced});
    }
    std::ranges::sort(report.brokers, {},
                      [](const ClusterReport::Broker& broker) { return broker.address.id; });
    return {};
  }
  const auto metadata = TRY(wire.metadata({}));
  report.id = metadata->cluster_id.value_or("").str();
  report.controller = metadata->controller_id;
  for (const auto& broker : *TRY(wire.brokers())) report.brokers.push_back({.address = broker});
  return {};
}

std::vector<ClusterReport::Replica> replicas_of(
    const DescribeQuorumResponse::PartitionData& partition) {
  std::vector<ClusterReport::Replica> replicas;
  std::int64_t leader_end = 0;
  const auto add = [&](const DescribeQuorumResponse::ReplicaState& state, bool is_voter) {
    const auto end = state.log_end_offset.value();
    if (state.replica_id == partition.leader_id) leader_end = end;
    const auto caught_up = state.last_caught_up_timestamp;
    replicas.push_back({.id = state.replica_id,
                        .is_voter = is_voter,
                        .log_end = end,
                        .lag = 0,
                        .caught_up_ms = caught_up < 0 ? std::nullopt : std::optional(caught_up)});
  };
  for (const auto& state : partition.current_voters) add(state, true);
  for (const auto& state : partition.observers) add(state, false);
  for (auto& replica : replicas)
    replica.lag = std::max<std::int64_t>(0, leader_end - replica.log_end);
  return replicas;
}

/// Null from brokers that do not serve it, which have ZooKeeper or are old.
Result<std::optional<ClusterReport::Quorum>> read_quorum(Wire& wire) {
  if (!wire.version_at(Wire::any, DescribeQuorumRequest::info)) return std::nullopt;
  DescribeQuorumRequest request;
  request.topics.push_back({.topic_name = "__cluster_metadata", .partitions = {{PartitionId(0)}}});
  const auto response = TRY(wire.ask<DescribeQuorumResponse>(Wire::any, request));
  if (response->error_code != ErrorCode::none) {
    return std::unexpected(explain(response->error_code, "quorum"));
  }
  if (response->topics.empty() || response->topics[0].partitions.empty()) return std::nullopt;
  const auto& partition = response->topics[0].partitions[0];
  if (partition.error_code != ErrorCode::none) {
    return std::unexpected(explain(partition.error_code, "quorum"));
  }
  return ClusterReport::Quorum{.leader = partition.leader_id,
                               .epoch = partition.leader_epoch.value(),
                               .high_watermark = partition.high_watermark.value(),
                               .replicas = replicas_of(partition)};
}

std::vector<ClusterReport::Feature> features_of(const protocol::ApiVersionsResponse& apis) {
  std::vector<ClusterReport::Feature> features;
  for (const auto& supported : apis.supported_features) {
    const auto finalized =
        std::ranges::find(apis.finalized_features, supported.name,
                          &protocol::ApiVersionsResponse::FinalizedFeatureKey::name);
    features.push_back({.name = supported.name.str(),
                        .finalized = finalized == apis.finalized_features.end()
                                         ? std::int16_t{0}
                                         : finalized->max_version_level,
                        .lowest = supported.min_version,
                        .highest = supported.max_version});
  }
  std::ranges::sort(features, {}, &ClusterReport::Feature::name);
  return features;
}

ClusterReport::LogDir log_dir(NodeId broker,
                              const DescribeLogDirsResponse::DescribeLogDirsResult& from) {
  const auto known = [](std::int64_t bytes) {
    return bytes < 0 ? std::nullopt : std::optional(bytes);
  };
  ClusterReport::LogDir dir{.broker = broker,
                            .path = from.log_dir.str(),
                            .problem = {},
                            .partitions = 0,
                            .bytes = 0,
                            .moving_in = 0,
                            .moving_in_lag = 0,
                            .total_bytes = known(from.total_bytes),
                            .usable_bytes = known(from.usable_bytes)};
  if (from.error_code != ErrorCode::none) dir.problem = protocol::name(from.error_code);
  for (const auto& topic : from.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.is_future_key) {
        ++dir.moving_in;
        dir.moving_in_lag += std::max<std::int64_t>(partition.offset_lag, 0);
        continue;
      }
      ++dir.partitions;
      dir.bytes += partition.partition_size;
    }
  }
  return dir;
}

Result<> read_log_dirs(Wire& wire, ClusterReport& report) {
  if (!wire.version_at(Wire::any, DescribeLogDirsRequest::info)) return {};
  report.log_dirs.emplace();
  DescribeLogDirsRequest request;
  request.topics.reset();
  for (const auto& broker : *TRY(wire.brokers())) {
    const auto response = wire.ask<DescribeLogDirsResponse>(broker.id, request);
    if (!response) {
      report.failures.push_back(response.error());
      continue;
    }
    for (const auto& result : response->message.results) {
      report.log_dirs->push_back(log_dir(broker.id, result));
    }
  }
  return {};
}

}  // namespace

Result<ClusterReport> read_cluster_report(Wire& wire) {
  ClusterReport report;
  TRY(read_brokers(wire, report));
  report.quorum = TRY(read_quorum(wire));
  report.features = features_of(*TRY(wire.api_versions(Wire::any)));
  TRY(read_log_dirs(wire, report));
  return report;
}

}  // namespace moldau::apps
