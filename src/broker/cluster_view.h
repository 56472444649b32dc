#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
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
