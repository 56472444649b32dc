#pragma once

#include <string>

#include "apps/cli/group_facts.h"

namespace moldau::apps {

/// Asks the cluster for what `explain_group` wants to know. A group of whose partitions some have a
/// lag is looked at again, until all of them have moved or `look_for_ms` have passed. What cannot
/// be found out is left out. Errors: no broker answers; what was asked for is not allowed.
Result<GroupFacts> gather_facts(Wire& wire, const std::string& group, std::int64_t look_for_ms);

}  // namespace moldau::apps
