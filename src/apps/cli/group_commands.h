#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {

class World;

struct GroupOptions {
  ClientOptions client;
  Format format{Format::table};
  std::vector<std::string> groups;
  std::vector<std::string> topics;  ///< "orders", "orders:0,2-4"
  std::string state;                ///< of `list`: only these; empty: all
  std::string type;                 ///< of `list`: only these; empty: all
  std::string to;                   ///< a Position; empty: by shift
  std::optional<std::int64_t> shift;
  bool execute{false};
};

Result<> describe_groups(World& world, const GroupOptions& options);
Result<> reset_group(World& world, const GroupOptions& options);

}  // namespace moldau::apps
