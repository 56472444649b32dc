#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"

namespace moldau::coordinator {

struct TopicInfo {
  Uuid id;
  std::string_view name;  ///< valid as long as the ClusterTopics
  std::int32_t partitions{0};
};

/// What is set for one group beside GroupsConfig; null: that holds.
struct GroupOverrides {
  std::optional<std::int32_t> consumer_session_timeout_ms;
  std::optional<std::int32_t> consumer_heartbeat_interval_ms;
  std::optional<std::int32_t> consumer_assignment_interval_ms;
};

/// The topics of the cluster as of one moment, for groups that subscribe to them, and what is set
/// for those groups. The shell implements it over its metadata image.
class ClusterTopics {
 public:
  virtual ~ClusterTopics() = default;

  /// Null: there is none.
  virtual std::optional<TopicInfo> find(std::string_view name) const = 0;
  virtual std::optional<TopicInfo> find(const Uuid& id) const = 0;
  /// Of the replicas whose brokers have one, in any order; one for each such replica.
  virtual std::vector<std::string> racks(const Uuid& topic, PartitionId partition) const = 0;
  virtual void for_each(const std::function<void(std::string_view name)>& visit) const = 0;
  /// Of a group that need not be there.
  virtual GroupOverrides group_overrides(std::string_view group) const = 0;
  /// Grows with every change: the offset of the metadata.
  virtual std::int64_t version() const = 0;
};

}  // namespace moldau::coordinator
