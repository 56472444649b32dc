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
  std::string by_duration;  ///< so long before now; empty: not by this
  std::string from_file;    ///< offsets of their own; empty: not by this
  bool exports{false};      ///< the plan as the file that `from_file` reads
  bool execute{false};
  bool with_time{false};             ///< of `describe`: the lag in time too
  std::string group;                 ///< of `remove-member`, which names others behind it
  std::vector<std::string> members;  ///< of `remove-member`: ids
  std::vector<std::string> instances;
  bool all_members{false};
  std::string reason;
  std::string look_for{"6s"};  ///< of `explain`
};

Result<> describe_groups(World& world, const GroupOptions& options);
Result<> reset_group(World& world, const GroupOptions& options);
Result<> explain_groups(World& world, const GroupOptions& options);
Result<> remove_members(World& world, const GroupOptions& options);

}  // namespace moldau::apps
