#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "metadata/api_error.h"
#include "metadata/leadership.h"
#include "metadata/record.h"

namespace moldau::metadata {

/// AlterConfigOp of Kafka.
enum class ConfigOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

/// What a request wants of one key.
struct KeyAlteration {
  std::string_view name;
  ConfigOperation operation{ConfigOperation::set};  ///< as it came, perhaps none of these
  std::optional<std::string_view> value;
};

/// What a request wants of one resource.
struct ResourceAlteration {
  std::int8_t type{0};
  std::string_view name;
  std::vector<KeyAlteration> keys;
  /// AlterConfigs: what is not named is deleted. IncrementalAlterConfigs leaves it alone.
  bool replaces_all{false};
};

/// Decides one AlterConfigs or IncrementalAlterConfigs request: adds the records of the resources
/// that can change and answers for each, in order, why it can not (null if it can). A resource
/// changes as a whole or not at all. `broker` is the one in this process: the only one whose
/// configuration can be judged here, as its static part is known.
///
/// The rules are those of Apache's ConfigAdminManager (on the broker that gets the request) and
/// ConfigurationControlManager (on the controller), in that order.
std::vector<std::optional<ApiError>> alter_configs(const Cluster& cluster, NodeId broker,
                                                   std::span<const ResourceAlteration> resources,
                                                   std::vector<Record>& records);

}  // namespace moldau::metadata
