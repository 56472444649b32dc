#pragma once

#include <cstdint>
#include <memory>

#include "records/validator.h"
#include "storage/log_config.h"

namespace moldau::broker {

/// One topic's configuration as the append path and its logs use it. Immutable: a change is a new
/// object, swapped in as a whole.
struct TopicSettings {
  std::shared_ptr<const storage::LogConfig> log;
  records::ValidationRules rules;
  std::int32_t min_insync_replicas{1};
};
using TopicSettingsPtr = std::shared_ptr<const TopicSettings>;

}  // namespace moldau::broker
