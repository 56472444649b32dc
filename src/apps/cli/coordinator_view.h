#pragma once

#include <optional>
#include <string>

#include "apps/cli/group_facts.h"
#include "base/error.h"

namespace moldau::apps {

/// Reads what `/groups/NAME` answers; members that it does not know are left aside. Errors:
/// invalid.
Result<CoordinatorView> parse_coordinator_view(std::string_view json);

/// What the coordinator itself tells of the group, if it is a Moldau broker that serves metrics
/// where we can reach it: `metrics.listener`, asked for by wire, at the host that it is reached at.
/// Null otherwise.
std::optional<CoordinatorView> read_coordinator_view(Wire& wire, NodeId coordinator,
                                                     const std::string& group);

}  // namespace moldau::apps
