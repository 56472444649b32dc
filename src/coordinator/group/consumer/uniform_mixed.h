#pragma once

#include "coordinator/group/consumer/assignor.h"

namespace moldau::coordinator {

/// assign_uniformly() for members whose subscriptions differ. Balanced among the subscribers of
/// each topic where subscriptions do not overlap in part; nearly so otherwise.
GroupAssignment assign_uniformly_mixed(const AssignorGroup& group);

}  // namespace moldau::coordinator
