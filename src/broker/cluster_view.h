#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "broker/request_context.h"
#include "metadata/image.h"

namespace moldau::broker {

class Broker;

/// A broker's address as the client of this request can use it.
struct BrokerAddress {
  std::string host;
  std::int32_t port{0};
};

/// Where the client finds the broker on the listener that it came in by. For this broker without
/// `advertised.listeners` that is the address which the client dialled. Null: the broker is not
/// alive or lacks that listener.
std::optional<BrokerAddress> address_for(const Broker& broker, const RequestContext& context,
                                         const metadata::BrokerRegistration& registration);

/// Tells the client of a partition that has moved who leads it now, and where that one is
/// (KIP-951). `LeaderIdAndEpoch` and `NodeEndpoint` are those of a Produce or Fetch answer.
template <class LeaderIdAndEpoch, class NodeEndpoint>
void name_leader(const Broker& broker, const RequestContext& context,
                 const metadata::PartitionRegistration& partition, LeaderIdAndEpoch& leader,
                 std::vector<NodeEndpoint>& endpoints) {
  leader.leader_id = partition.leader;
  leader.leader_epoch = partition.leader_epoch;
  for (const auto& known : endpoints) {
    if (known.node_id == partition.leader) return;
  }
  const auto* registration = context.image->broker(partition.leader);
  if (registration == nullptr) return;
  const auto address = address_for(broker, context, *registration);
  if (!address) return;
  auto& endpoint = endpoints.emplace_back();
  endpoint.node_id = partition.leader;
  endpoint.host = Text::copy(address->host);
  endpoint.port = address->port;
  if (registration->rack) endpoint.rack = Text::copy(*registration->rack);
}

/// Why a topic of this name can not exist; empty if it can (Kafka's Topic.validate).
std::string_view topic_name_problem(std::string_view name);

/// True if the replica on `node` can not serve: broker gone, fenced, without the listener, or its
/// directory is offline.
bool is_replica_offline(const metadata::Image& image,
                        const metadata::PartitionRegistration& partition, NodeId node,
                        std::string_view listener);

/// Bit sets of AclOperation codes: what everybody may do where no authorizer is configured.
inline constexpr std::int32_t all_topic_operations = 0b110111111000;
inline constexpr std::int32_t all_group_operations = 0b110101001000;
inline constexpr std::int32_t all_cluster_operations = 0b1111110100000;

}  // namespace moldau::broker
