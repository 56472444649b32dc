#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/group/cluster_topics.h"
#include "coordinator/group/consumer/partitions.h"

namespace moldau::coordinator {

/// Regular expressions that members subscribe with, in RE2's syntax; they mean topics whose whole
/// names match.

/// What is wrong with the expression; null: nothing.
std::optional<std::string> regex_problem(std::string_view regex);

/// The topics that the expression means, of those that `may_describe` lets pass (null: all).
TopicNames resolve_regex(std::string_view regex, const ClusterTopics& topics,
                         const std::function<bool(std::string_view topic)>* may_describe);

}  // namespace moldau::coordinator
