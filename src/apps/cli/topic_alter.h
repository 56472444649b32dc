#pragma once

#include <string>
#include <vector>

#include "apps/cli/config_admin.h"

namespace moldau::apps {

struct TopicChange {
  std::string topic;
  std::int32_t partitions{0};  ///< the new number; 0: as it is
  std::vector<ConfigChange> configs;
  Commit commit{Commit::yes};
};

/// Settings first, which the broker takes as a whole or not at all; then the partitions.
Result<> alter_topic(Wire& wire, const TopicChange& change);

}  // namespace moldau::apps
