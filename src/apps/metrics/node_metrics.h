#pragma once

#include "apps/metrics/families.h"
#include "broker/node.h"

namespace moldau::apps {

/// Everything that a running node counts. Any thread; reads counters that go on changing, so sums
/// of different families need not agree to the last event.
Families collect(broker::Node& node);

}  // namespace moldau::apps
