#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/prng.h"

namespace moldau::metadata {

/// A broker that may be given replicas.
struct UsableBroker {
  NodeId id;
  std::optional<std::string> rack;
  bool fenced{false};
};

/// Chooses replicas for new partitions as Kafka's striped placer does: leaders on unfenced brokers
/// only; each partition's replicas on as many racks as there are; leaders and followers spread
/// evenly over the racks and, within them, over the brokers; fenced brokers after the others of
/// their rack. The error is the end of a message to the client ("Unable to replicate ...: ").
std::expected<std::vector<std::vector<NodeId>>, std::string> place_replicas(
    std::vector<UsableBroker> brokers, std::int32_t partitions, std::int16_t replication_factor,
    Prng& prng);

}  // namespace moldau::metadata
