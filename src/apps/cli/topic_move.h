#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/wire.h"

namespace moldau::apps {

/// Replicas of a topic that shall be in another log directory of the brokers that have them.
struct TopicMove {
  std::string topic;
  std::string directory;                 ///< as in `log.dirs`
  std::vector<std::int32_t> partitions;  ///< empty: all
  std::int32_t broker{-1};               ///< -1: each that has a replica
};

/// One replica that a broker has begun to move, or has there already.
struct BegunMove {
  NodeId broker{};
  std::int32_t partition{0};
};

/// Errors: those of Wire; what the first broker that refuses one says.
Result<std::vector<BegunMove>> move_topic(Wire& wire, const TopicMove& move);

}  // namespace moldau::apps
