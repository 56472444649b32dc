#pragma once

#include <string>
#include <string_view>

#include "apps/metrics/http_server.h"
#include "broker/node.h"

namespace moldau::apps {

/// `/groups/NAME`: how a group stands that this broker coordinates, for whom it waits, and what
/// happened in it lately, as JSON (docs/groups.md). Bounded, whatever clients call themselves. 404:
/// there is no such group, or another broker coordinates it.
HttpAnswer group_page(broker::Node& node, std::string_view group);

}  // namespace moldau::apps
